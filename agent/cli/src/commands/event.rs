//! `event`: fires a user event.

use regex::Regex;
use serde::Deserialize;

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["event"],
    arguments: "[options] [PAYLOAD]",
    summary: "Fires an event that the agents of a datacenter hear of",
    about: "
Sends an event with a name, and a payload if there is one, by gossip to all
agents of the datacenter. Nobody confirms it; agents that watch for its name
run what they are told to. Filters are regular expressions:

    $ delian event -name=deploy -service=web -tag='^v2' 1609030
",
    http: Http::Agent,
    flags: &[NAME, NODE, SERVICE, TAG],
    run,
};

const NAME: Flag = Flag::text("name", "string", "Name of the event. Required.");
const NODE: Flag = Flag::text("node", "regex", "Only for nodes whose name matches.");
const SERVICE: Flag = Flag::text("service", "regex", "Only for nodes with a service whose name matches.");
const TAG: Flag = Flag::text("tag", "regex", "Only for nodes where such a service has a tag that matches. Needs -service.");

#[derive(Debug, Deserialize)]
struct Fired {
    #[serde(rename = "ID")]
    id: String,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let Some(name) = call.flags.non_empty(&NAME).map(str::to_owned) else {
        return Err(Failure::usage("Event name must be specified"));
    };
    let [node, service, tag] = [NODE, SERVICE, TAG].map(|flag| call.flags.non_empty(&flag).map(str::to_owned));
    compiles("node", node.as_deref())?;
    compiles("service", service.as_deref())?;
    compiles("tag", tag.as_deref())?;
    if tag.is_some() && service.is_none() {
        return Err(Failure::new("Cannot provide tag filter without service filter."));
    }
    let payload = match call.flags.positional.as_slice() {
        [] => String::new(),
        [payload] => payload.clone(),
        _ => return Err(Failure::usage("Too many command line arguments.")),
    };
    let client = call.client()?;
    // Tells an agent that is not there apart from an event that is refused.
    client.ask(&call.get("/v1/agent/self")).map_err(|error| Failure::new(format_args!("Error querying Consul agent: {error}")))?;
    let request = call
        .put(format!("/v1/event/fire/{name}"))
        .query_if("node", node.as_deref())
        .query_if("service", service.as_deref())
        .query_if("tag", tag.as_deref())
        .body(payload);
    let fired: Fired = client.ask_json(&request).map_err(|error| Failure::new(format_args!("Error firing event: {error}")))?;
    call.line(format_args!("Event ID: {}", fired.id))
}

/// Says at once which filter no agent could apply.
fn compiles(which: &str, filter: Option<&str>) -> Result<(), Failure> {
    let Some(filter) = filter else { return Ok(()) };
    match Regex::new(filter) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(format_args!("Failed to compile {which} filter regexp: {error}"))),
    }
}
