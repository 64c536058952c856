//! `operator raft remove-peer`: takes a lost server out of raft.

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["operator", "raft", "remove-peer"],
    arguments: "[options]",
    summary: "Removes a server from raft",
    about: "
Removes a server that is gone for good and still counts for the quorum. Where
`delian members` still shows it, `delian force-leave` is the better way: it
also removes the server here.
",
    http: Http::Datacenter,
    flags: &[ADDRESS, ID],
    run,
};

const ADDRESS: Flag = Flag::text("address", "string", "Address of the server, with its port, as list-peers shows it.");
const ID: Flag = Flag::text("id", "string", "ID of the server, as list-peers shows it.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let (kind, name) = match (call.flags.non_empty(&ADDRESS), call.flags.non_empty(&ID)) {
        (Some(address), None) => ("address", address.to_owned()),
        (None, Some(id)) => ("id", id.to_owned()),
        (None, None) => {
            return Err(Failure::new("Error removing peer: an address or id is required for the peer to remove"));
        }
        (Some(_), Some(_)) => return Err(Failure::new("Error removing peer: cannot give both an address and id")),
    };
    call.client()?
        .ask(&call.delete("/v1/operator/raft/peer").query(kind, &name))
        .map_err(|error| Failure::new(format_args!("Error removing peer: {error}")))?;
    call.line(format_args!("Removed peer with {kind} {name:?}"))
}
