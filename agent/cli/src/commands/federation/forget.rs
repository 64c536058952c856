//! `federation forget`: drops a datacenter that will not come back.

use super::datacenter;
use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::http_options::Http;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["federation", "forget"],
    arguments: "[options] DC",
    summary: "Drops a datacenter that will not come back",
    about: "
Removes datacenter DC and its gateways from what the federation remembers. A
datacenter that still runs has to join again.
",
    http: Http::Agent,
    flags: &[],
    run,
};

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let name = datacenter(&call.flags.positional)?;
    call.client()?
        .ask(&call.put(format!("/v1/federation/forget/{name}")))
        .map_err(|error| Failure::new(format_args!("Error forgetting {name}: {error}")))?;
    call.line(format_args!("Forgot datacenter {name:?}"))
}
