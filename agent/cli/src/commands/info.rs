//! `info`: the agent's own numbers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::http_options::Http;

pub(super) const COMMAND: Command = Command {
    path: &["info"],
    arguments: "[options]",
    summary: "Prints the agent's own numbers",
    about: "
Prints what the agent says about itself, its raft and its gossip pools, sorted
by section and name. Meant for people who look for a fault.
",
    http: Http::Agent,
    flags: &[],
    run,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AgentSelf {
    stats: Option<BTreeMap<String, BTreeMap<String, String>>>,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let answer: AgentSelf = call
        .client()?
        .ask_json(&call.get("/v1/agent/self"))
        .map_err(|error| Failure::new(format_args!("Error querying agent: {error}")))?;
    let Some(stats) = answer.stats else {
        return Err(Failure::new("Agent response did not contain 'Stats' key"));
    };
    for (section, numbers) in stats {
        call.line(format_args!("{section}:"))?;
        for (name, value) in numbers {
            call.line(format_args!("\t{name} = {value}"))?;
        }
    }
    Ok(())
}
