//! `operator raft transfer-leader`: has another server lead.

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use serde::Deserialize;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["operator", "raft", "transfer-leader"],
    arguments: "[options]",
    summary: "Has another server lead",
    about: "
Asks the leader to hand over to the server named by -id, or to any other that
votes and is up to date.
",
    http: Http::Datacenter,
    flags: &[ID],
    run,
};

const ID: Flag = Flag::text("id", "string", "ID of the server that is to lead, as list-peers shows it.");

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Transferred {
    success: bool,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let request = call.post("/v1/operator/raft/transfer-leader").query_if("id", call.flags.non_empty(&ID));
    let transferred: Transferred =
        call.client()?.ask_json(&request).map_err(|error| Failure::new(format_args!("Error transferring leadership: {error}")))?;
    match transferred.success {
        true => call.line("Success"),
        false => Err(Failure::new("Error transferring leadership: the leader did not hand over")),
    }
}
