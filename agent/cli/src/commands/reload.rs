//! `reload`: has the agent read its configuration again.

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["reload"],
    arguments: "[options]",
    summary: "Has the agent read its configuration again",
    about: "
Tells the running agent to read its configuration files again, as the signal
SIGHUP does. Where anything in them is wrong, nothing changes. Not every
setting can change without a restart: the log of the agent names those that
were changed and stay as they are.
",
    http: Http::Agent,
    flags: &[],
    run,
};

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let request = call.put("/v1/agent/reload");
    call.client()?.ask(&request).map_err(|error| Failure::new(format_args!("Error reloading: {error}")))?;
    call.line("Configuration reload triggered")
}
