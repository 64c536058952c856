//! `operator raft list-peers`: who takes part in raft.

use serde::Deserialize;

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::http_options::Http;
use crate::table;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["operator", "raft", "list-peers"],
    arguments: "[options]",
    summary: "Lists the servers that take part in raft",
    about: "
Lists the raft peers of a datacenter, which of them leads and which may vote.
With -stale any server answers, which works without a leader too.
",
    http: Http::Datacenter,
    flags: &[],
    run,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    servers: Option<Vec<Server>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Server {
    #[serde(rename = "ID")]
    id: String,
    node: String,
    address: String,
    leader: bool,
    voter: bool,
    #[serde(default)]
    protocol_version: String,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let client = call.client()?;
    let configuration: Configuration = client
        .ask_json(&call.get("/v1/operator/raft/configuration"))
        .map_err(|error| Failure::new(format_args!("Error getting peers: Failed to retrieve raft configuration: {error}")))?;
    let header = ["Node", "ID", "Address", "State", "Voter", "RaftProtocol"].map(str::to_owned);
    let rows = configuration.servers.unwrap_or_default().into_iter().map(|server| {
        let state = if server.leader { "leader" } else { "follower" };
        // Servers too old to say speak the first version.
        let protocol = if server.protocol_version.is_empty() { "<=1".to_owned() } else { server.protocol_version };
        [server.node, server.id, server.address, state.to_owned(), server.voter.to_string(), protocol]
    });
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    Ok(call.io.stdout.write_all(&table::list(&rows))?)
}
