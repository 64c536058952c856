//! `federation explain`: the way to a datacenter, or why there is none.

use serde::Deserialize;

use super::datacenter;
use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::table;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["federation", "explain"],
    arguments: "[options] DC",
    summary: "Shows the way to a datacenter, or why there is none",
    about: "
Asks the agent how a request to datacenter DC would travel: the datacenters it
passes, and each hop that was considered and not taken, with the reason and
how old the evidence for it is.

Exits with 0 if there is a way and with 2 if there is none.
",
    http: Http::Agent,
    flags: &[FORMAT],
    run,
};

const FORMAT: Flag = Flag::text("format", "pretty|json", "`pretty` for people, `json` for the agent's own answer.").or("pretty");

/// Exit code when the question was answered by "no way".
const NO_WAY: u8 = 2;

/// The answer of `GET /v1/federation/explain/<dc>`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Explanation {
    datacenter: String,
    /// Whether the datacenter was ever heard of.
    known: bool,
    /// Datacenters from the agent's own to the one asked for; none if there is no way.
    #[serde(default)]
    path: Option<Vec<String>>,
    #[serde(default)]
    tried: Option<Vec<Tried>>,
}

/// A hop that was considered and not taken.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tried {
    hop: String,
    reason: String,
    /// A duration such as `1.5s`.
    #[serde(default)]
    evidence_age: Option<String>,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let name = datacenter(&call.flags.positional)?;
    let json = match call.flags.text(&FORMAT) {
        Some("json") => true,
        Some("pretty") | None => false,
        Some(other) => return Err(Failure::new(format_args!("Unknown format: {other}"))),
    };
    let failed = |error: &dyn std::fmt::Display| Failure::new(format_args!("Error explaining {name}: {error}"));
    let answer = call.client()?.ask(&call.get(format!("/v1/federation/explain/{name}"))).map_err(|e| failed(&e))?;
    let explanation: Explanation = serde_json::from_slice(&answer).map_err(|e| failed(&e))?;
    if json {
        call.io.stdout.write_all(answer.trim_ascii_end())?;
        call.line("")?;
    } else {
        call.io.stdout.write_all(&explanation.pretty())?;
    }
    if explanation.path().is_empty() { Err(Failure::silent(NO_WAY)) } else { Ok(()) }
}

impl Explanation {
    fn path(&self) -> &[String] {
        self.path.as_deref().unwrap_or_default()
    }

    fn pretty(&self) -> Vec<u8> {
        let path = if self.path().is_empty() { "none".to_owned() } else { self.path().join(" -> ") };
        let known = if self.known { "yes" } else { "no" };
        let facts = [("Datacenter", self.datacenter.as_str()), ("Known", known), ("Path", &path)];
        let mut text = table::details(&facts);
        let tried = self.tried.as_deref().unwrap_or_default();
        if !tried.is_empty() {
            let header = ["Hop", "Reason", "Evidence Age"];
            let rows = tried.iter().map(|tried| [tried.hop.as_str(), tried.reason.as_str(), tried.evidence_age.as_deref().unwrap_or("-")]);
            text.push(b'\n');
            text.extend(table::list(&std::iter::once(header).chain(rows).collect::<Vec<_>>()));
        }
        text
    }
}
