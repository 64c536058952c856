//! `maint`: takes a node or service out of service discovery for a while.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::call::Call;
use crate::client::Client;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["maint"],
    arguments: "[options]",
    summary: "Takes a node or a service out of service discovery for a while",
    about: "
Puts the node of the agent, or one of its services, into maintenance: a
critical check is registered, so that neither DNS nor the API hand it out. It
stays so over restarts, until it is disabled:

    $ delian maint -enable -reason=\"disk is being replaced\"
    $ delian maint -enable -service=web-1
    $ delian maint -disable

Without flags it lists what is in maintenance on this agent, and why.
",
    http: Http::Agent,
    flags: &[DISABLE, ENABLE, REASON, SERVICE],
    run,
};

const DISABLE: Flag = Flag::switch("disable", "End maintenance.");
const ENABLE: Flag = Flag::switch("enable", "Begin maintenance.");
const REASON: Flag = Flag::text("reason", "string", "Why, for those who see the check. Only with -enable.");
const SERVICE: Flag = Flag::text("service", "id", "Only this service rather than the whole node.");

/// The checks that mean maintenance.
const NODE_CHECK: &str = "_node_maintenance";
const SERVICE_CHECK: &str = "_service_maintenance:";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Check {
    node: String,
    #[serde(rename = "CheckID")]
    id: String,
    #[serde(default, rename = "ServiceID")]
    service: String,
    #[serde(default)]
    notes: String,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let (enable, disable) = (call.flags.is_on(&ENABLE), call.flags.is_on(&DISABLE));
    let reason = call.flags.text(&REASON).unwrap_or_default().to_owned();
    let service = call.flags.non_empty(&SERVICE).map(str::to_owned);
    if enable && disable {
        return Err(Failure::new("Only one of -enable or -disable may be provided"));
    }
    if !enable && !reason.is_empty() {
        return Err(Failure::new("Reason may only be provided with -enable"));
    }
    if !enable && !disable && service.is_some() {
        return Err(Failure::new("Service requires either -enable or -disable"));
    }
    let client = call.client()?;
    if !enable && !disable {
        return list(call, &client);
    }
    let path = match &service {
        Some(service) => format!("/v1/agent/service/maintenance/{service}"),
        None => "/v1/agent/maintenance".to_owned(),
    };
    let request = call.put(path).query("enable", enable.to_string()).query_if("reason", enable.then_some(reason.as_str()));
    let (doing, done) = if enable { ("enabling", "enabled") } else { ("disabling", "disabled") };
    let what = if service.is_some() { "service" } else { "node" };
    client.ask(&request).map_err(|error| Failure::new(format_args!("Error {doing} {what} maintenance: {error}")))?;
    match service {
        Some(service) => call.line(format_args!("Service maintenance is now {done} for {service:?}")),
        None => call.line(format_args!("Node maintenance is now {done}")),
    }
}

fn list(call: &mut Call<'_, '_>, client: &Client) -> Result<(), Failure> {
    // Tells an agent that is not there apart from one without checks.
    client.ask(&call.get("/v1/agent/self")).map_err(|error| Failure::new(format_args!("Error querying Consul agent: {error}")))?;
    let checks: BTreeMap<String, Check> =
        client.ask_json(&call.get("/v1/agent/checks")).map_err(|error| Failure::new(format_args!("Error getting checks: {error}")))?;
    for check in checks.values() {
        if check.id == NODE_CHECK {
            call.line(format_args!("Node:\n  Name:   {}\n  Reason: {}\n", check.node, check.notes))?;
        } else if check.id.starts_with(SERVICE_CHECK) {
            call.line(format_args!("Service:\n  ID:     {}\n  Reason: {}\n", check.service, check.notes))?;
        }
    }
    Ok(())
}
