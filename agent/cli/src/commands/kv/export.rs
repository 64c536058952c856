//! `kv export`: a tree as JSON.

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::{Entry, Pair, path, single_key};
use crate::call::Call;
use crate::client::{ApiError, Reply};
use crate::command::Command;
use crate::failure::Failure;
use crate::http_options::Http;
use crate::http_options::NAMESPACE;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["kv", "export"],
    arguments: "[options] [PREFIX]",
    summary: "Prints a tree of keys as JSON",
    about: "
Prints all keys below a prefix with their flags and values, in the form that
`delian kv import` reads: together they copy a tree to another datacenter.

    $ delian kv export app/ > app.json
",
    http: Http::Datacenter,
    flags: &[NAMESPACE],
    run,
};

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let prefix = single_key(&call.flags.positional)?.to_owned();
    let client = call.client()?;
    let pairs = client.send(&call.get(path(&prefix)).query("recurse", "")).and_then(pairs);
    let pairs = pairs.map_err(|error| Failure::new(format_args!("Error querying Consul agent: {error}")))?;
    let entries: Vec<Entry> =
        pairs.into_iter().map(|pair| Entry { key: pair.key, flags: pair.flags, value: pair.value.unwrap_or_default() }).collect();
    let text = json(&entries).map_err(|error| Failure::new(format_args!("Error exporting KV data: {error}")))?;
    call.line(text)
}

fn pairs(reply: Reply) -> Result<Vec<Pair>, ApiError> {
    match reply.status {
        404 => Ok(Vec::new()),
        _ => reply.ok_json(),
    }
}

/// JSON as Consul exports it, byte for byte, so that exports can be compared: indented
/// by tabs, and with the characters that mean something in HTML escaped.
fn json(entries: &[Entry]) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::new();
    entries.serialize(&mut Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"\t")))?;
    // Outside strings JSON has none of these characters.
    let escapes = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(escapes.iter().fold(text, |text, (character, escaped)| text.replace(*character, escaped)))
}
