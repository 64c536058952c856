//! `leave`: has the agent leave and stop.

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["leave"],
    arguments: "[options]",
    summary: "Has the agent leave the cluster and stop",
    about: "
Tells the running agent to say goodbye to its cluster, so that nobody takes it
for failed, and to stop. Returns when it is done.
",
    http: Http::Agent,
    flags: &[],
    run,
};

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    if !call.flags.positional.is_empty() {
        let unexpected = call.flags.positional.join(" ");
        return Err(Failure::usage(format_args!("Error found unexpected args: [{unexpected}]")));
    }
    call.client()?.ask(&call.put("/v1/agent/leave")).map_err(|error| Failure::new(format_args!("Error leaving: {error}")))?;
    call.line("Graceful leave complete")
}
