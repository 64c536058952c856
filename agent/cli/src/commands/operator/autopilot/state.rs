//! `operator autopilot state`: how the servers fare.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["operator", "autopilot", "state"],
    arguments: "[options]",
    summary: "Shows how the servers fare",
    about: "
Shows the servers as the leader sees them: which of them vote, which are
healthy, and how many may fail before there is no quorum.
",
    http: Http::Datacenter,
    flags: &[FORMAT],
    run,
};

const FORMAT: Flag = Flag::text("format", "pretty|json", "How it is shown.").or("pretty");

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct State {
    healthy: bool,
    failure_tolerance: u64,
    optimistic_failure_tolerance: u64,
    /// By their ids.
    servers: BTreeMap<String, Server>,
    leader: String,
    voters: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Server {
    name: String,
    address: String,
    version: String,
    status: String,
    node_type: String,
    node_status: String,
    healthy: bool,
    last_contact: String,
    last_term: u64,
    last_index: u64,
    meta: Option<BTreeMap<String, String>>,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let as_json = match call.flags.text(&FORMAT) {
        Some("json") => true,
        Some("pretty") | None => false,
        Some(other) => return Err(Failure::new(format_args!("Unknown format: {other}"))),
    };
    let failed = |error: String| Failure::new(format_args!("Error querying Autopilot state: {error}"));
    let reply: Value = call.client()?.ask_json(&call.get("/v1/operator/autopilot/state")).map_err(|error| failed(error.to_string()))?;
    if as_json {
        let mut bytes = Vec::new();
        let written = reply.serialize(&mut Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    ")));
        written.map_err(|error| failed(error.to_string()))?;
        return call.line(String::from_utf8_lossy(&bytes));
    }
    let state: State = serde_json::from_value(reply).map_err(|error| failed(error.to_string()))?;
    call.line(format_args!("Healthy:                      {}", state.healthy))?;
    call.line(format_args!("Failure Tolerance:            {}", state.failure_tolerance))?;
    call.line(format_args!("Optimistic Failure Tolerance: {}", state.optimistic_failure_tolerance))?;
    call.line(format_args!("Leader:                       {}", state.leader))?;
    call.line("Voters:")?;
    for voter in state.voters.iter().flatten() {
        call.line(format_args!("   {voter}"))?;
    }
    call.line("Servers:")?;
    for (id, server) in &state.servers {
        call.line(format_args!("   {id}"))?;
        show(call, server)?;
    }
    Ok(())
}

fn show(call: &mut Call<'_, '_>, server: &Server) -> Result<(), Failure> {
    let mut line = |name: &str, value: &dyn std::fmt::Display| call.line(format_args!("      {:17}{value}", format!("{name}:")));
    line("Name", &server.name)?;
    line("Address", &server.address)?;
    line("Version", &server.version)?;
    line("Status", &server.status)?;
    line("Node Type", &server.node_type)?;
    line("Node Status", &server.node_status)?;
    line("Healthy", &server.healthy)?;
    line("Last Contact", &server.last_contact)?;
    line("Last Term", &server.last_term)?;
    line("Last Index", &server.last_index)?;
    let Some(meta) = server.meta.as_ref().filter(|meta| !meta.is_empty()) else { return Ok(()) };
    call.line("      Meta")?;
    meta.iter().try_for_each(|(key, value)| call.line(format_args!("         {key:?}: {value:?}")))
}
