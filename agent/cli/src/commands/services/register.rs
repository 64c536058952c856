//! `services register`: registers services at the agent.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{definitions, field};
use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::http_options::NAMESPACE;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["services", "register"],
    arguments: "[options] [FILE...]",
    summary: "Registers services at the agent",
    about: "
Registers the services that configuration files define, or one that flags
describe. They stay until they are deregistered.

    $ delian services register web.hcl db.json
    $ delian services register -name=web -port=8080 -tag=v2
",
    http: Http::Datacenter,
    flags: &[ADDRESS, ID, KIND, META, NAME, NAMESPACE, PORT, TAG, TAGGED_ADDRESS],
    run,
};

const ADDRESS: Flag = Flag::text("address", "string", "Address of the service, where it is not that of its node.");
const ID: Flag = Flag::text("id", "string", "ID of the service, where it is not its name.");
const KIND: Flag = Flag::text("kind", "string", "Kind of the service, such as mesh-gateway; a plain one has none.");
const META: Flag = Flag::pairs("meta", "A `key=value` of its metadata. Repeat the flag for more.");
const NAME: Flag = Flag::text("name", "string", "Name of the service.");
const PORT: Flag = Flag::int("port", "Port of the service.");
const TAG: Flag = Flag::texts("tag", "A tag. Repeat the flag for more.");
const TAGGED_ADDRESS: Flag = Flag::pairs("tagged-address", "A `name=address:port` to reach it by. Repeat the flag for more.");

/// A service as flags describe it.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Registration<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    kind: &'a str,
    #[serde(rename = "ID", skip_serializing_if = "str::is_empty")]
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    port: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    address: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tagged_addresses: BTreeMap<&'a str, TaggedAddress>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    meta: BTreeMap<&'a str, &'a str>,
    check: Option<Value>,
    checks: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TaggedAddress {
    address: String,
    port: i64,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let (files, name) = (!call.flags.positional.is_empty(), call.flags.non_empty(&NAME).is_some());
    let registrations = match (files, name) {
        (false, false) => return Err(Failure::new("Service registration requires at least one argument or flags.")),
        (true, true) => return Err(Failure::new("Service registration requires arguments or -id, not both.")),
        (true, false) => definitions(call)?,
        (false, true) => vec![described(call)?],
    };
    let client = call.client()?;
    for registration in registrations {
        let name = field(&registration, "Name").to_owned();
        let request = call.put("/v1/agent/service/register").body(registration.to_string());
        client.ask(&request).map_err(|error| Failure::new(format_args!("Error registering service {name:?}: {error}")))?;
        call.line(format_args!("Registered service: {name}"))?;
    }
    Ok(())
}

/// The service that the flags describe.
fn described(call: &Call<'_, '_>) -> Result<Value, Failure> {
    let text = |flag| call.flags.text(flag).unwrap_or_default();
    let addresses = call.flags.pairs(&TAGGED_ADDRESS).map(|(name, address)| Ok((name, tagged_address(address)?)));
    let registration = Registration {
        kind: text(&KIND),
        id: text(&ID),
        name: text(&NAME),
        tags: call.flags.texts(&TAG).collect(),
        port: call.flags.int(&PORT),
        address: text(&ADDRESS),
        tagged_addresses: addresses.collect::<Result<_, Failure>>()?,
        meta: call.flags.pairs(&META).collect(),
        check: None,
        checks: None,
    };
    serde_json::to_value(registration).map_err(|error| Failure::new(format_args!("Error: {error}")))
}

fn tagged_address(text: &str) -> Result<TaggedAddress, Failure> {
    let wrong = |why: &str| Failure::new(format_args!("Invalid Tagged Address: {why}"));
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => return Err(wrong(&format!("address {text}: missing port in address"))),
    };
    let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(host) => host,
        None if host.contains(':') => return Err(wrong(&format!("address {text}: too many colons in address"))),
        None => host,
    };
    let port = port.parse().map_err(|_| wrong(&format!("strconv.Atoi: parsing {port:?}: invalid syntax")))?;
    Ok(TaggedAddress { address: host.to_owned(), port })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
