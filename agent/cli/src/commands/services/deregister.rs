//! `services deregister`: removes services from the agent.

use super::{definitions, field};
use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::http_options::NAMESPACE;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["services", "deregister"],
    arguments: "[options] [FILE...]",
    summary: "Removes services from the agent",
    about: "
Removes a service by its ID, or all those that configuration files define,
from the agent at which they were registered.

    $ delian services deregister -id=web-1
    $ delian services deregister web.hcl db.json
",
    http: Http::Datacenter,
    flags: &[ID, NAMESPACE],
    run,
};

const ID: Flag = Flag::text("id", "string", "ID of the service. Not together with files.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let id = call.flags.non_empty(&ID).map(str::to_owned);
    let ids = match (call.flags.positional.is_empty(), id) {
        (true, None) => return Err(Failure::new("Service deregistration requires at least one argument or -id.")),
        (false, Some(_)) => return Err(Failure::new("Service deregistration requires arguments or -id, not both.")),
        (true, Some(id)) => vec![id],
        (false, None) => definitions(call)?.iter().map(identified).filter(|id| !id.is_empty()).collect(),
    };
    let client = call.client()?;
    for id in ids {
        let request = call.put(format!("/v1/agent/service/deregister/{id}"));
        client.ask(&request).map_err(|error| Failure::new(format_args!("Error deregistering service {id:?}: {error}")))?;
        call.line(format_args!("Deregistered service: {id}"))?;
    }
    Ok(())
}

/// A service without an ID has its name for one.
fn identified(definition: &serde_json::Value) -> String {
    let (id, name) = (field(definition, "ID"), field(definition, "Name"));
    if id.is_empty() { name } else { id }.to_owned()
}
