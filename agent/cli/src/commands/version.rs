//! `version`: what this binary is.

use std::fmt::Write;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::own::Own;

pub(super) const COMMAND: Command = Command {
    path: &["version"],
    arguments: "[options]",
    summary: "Prints the version",
    about: "
Prints the version of this binary and the versions of the agent protocol it
speaks.
",
    http: Http::None,
    flags: &[FORMAT],
    run,
};

const FORMAT: Flag = Flag::text("format", "pretty|json", "`pretty` for people, `json` for programs.").or("pretty");

/// The agent protocol, which members carry in their tags `vsn`, `vsn_min`, `vsn_max`.
const PROTOCOL: Protocol = Protocol { default: 2, min: 2, max: 3 };

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Version<'a> {
    version: &'a str,
    revision: &'a str,
    /// What follows the first dash of a version such as `1.0.0-beta1`.
    prerelease: &'a str,
    #[serde(rename = "RPC")]
    rpc: Protocol,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Protocol {
    default: u8,
    min: u8,
    max: u8,
}

/// The version for people, as `delian --version` prints it too.
pub(crate) fn pretty(own: &Own<'_>) -> String {
    let mut text = format!("Delian v{}\n", own.version);
    if !own.revision.is_empty() {
        let _ = writeln!(text, "Revision {}", own.revision);
    }
    let Protocol { default, min, max } = PROTOCOL;
    let _ = writeln!(
        text,
        "Protocol {default} spoken by default, understands {min} to {max} \
         (agent will automatically use protocol >{default} when speaking to compatible agents)\n"
    );
    text
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    match call.flags.text(&FORMAT) {
        Some("pretty") | None => Ok(write!(call.io.stdout, "{}", pretty(call.own))?),
        Some("json") => {
            let text = json(call.own).map_err(|error| Failure::new(format_args!("Error encoding version: {error}")))?;
            call.line(text)
        }
        Some(other) => Err(Failure::new(format_args!("Unknown format: {other}"))),
    }
}

fn json(own: &Own<'_>) -> Result<String, serde_json::Error> {
    let (version, prerelease) = own.version.split_once('-').unwrap_or((own.version, ""));
    let version = Version { version, revision: own.revision, prerelease, rpc: PROTOCOL };
    let mut bytes = Vec::new();
    version.serialize(&mut Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"   ")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
