//! `force-leave`: declares a failed member gone.

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["force-leave"],
    arguments: "[options] NAME",
    summary: "Declares a failed member gone",
    about: "
Puts a failed member into the state \"left\", so that nobody waits for it to
return. A member that is still alive joins again by itself. Without this
command failed members are dropped after some days.
",
    http: Http::Agent,
    flags: &[PRUNE, WAN],
    run,
};

const PRUNE: Flag = Flag::switch("prune", "Remove the member from the list altogether.");
const WAN: Flag = Flag::switch("wan", "Only from the pool that joins datacenters.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let [name] = call.flags.positional.as_slice() else {
        return Err(Failure::usage("A single node name must be specified to force leave."));
    };
    let request = call
        .put(format!("/v1/agent/force-leave/{name}"))
        .query_if("prune", call.flags.is_on(&PRUNE).then_some("1"))
        .query_if("wan", call.flags.is_on(&WAN).then_some("1"));
    call.client()?.ask(&request).map_err(|error| Failure::new(format_args!("Error force leaving: {error}")))?;
    Ok(())
}
