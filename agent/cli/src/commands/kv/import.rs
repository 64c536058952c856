//! `kv import`: writes a tree exported as JSON.

use super::{Entry, LEADING_SLASH, decode, path, with_flags};
use crate::argument;
use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::http_options::NAMESPACE;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["kv", "import"],
    arguments: "[options] DATA",
    summary: "Writes a tree of keys from JSON",
    about: "
Writes the keys that `delian kv export` printed, one after the other; it stops
at the first that cannot be written. DATA is the JSON itself, @ and the name
of a file, or a dash for stdin:

    $ delian kv import @app.json
    $ delian kv export app/ | delian kv import -datacenter=dc2 -
",
    http: Http::Datacenter,
    flags: &[NAMESPACE, PREFIX],
    run,
};

const PREFIX: Flag = Flag::text("prefix", "string", "Put the keys below this prefix.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let data = match call.flags.positional.as_slice() {
        [] => return Err(Failure::new("Error! Missing DATA argument")),
        [data] if data.is_empty() => return Err(Failure::new("Error! Empty DATA argument")),
        [data] => argument::value(data, call.io.stdin).map_err(|error| Failure::new(format_args!("Error! {error}")))?,
        more => {
            let message = format!("Error! Too many arguments (expected 1, got {})", more.len());
            return Err(Failure::new(message));
        }
    };
    let entries: Option<Vec<Entry>> =
        serde_json::from_slice(&data).map_err(|error| Failure::new(format_args!("Cannot unmarshal data: {error}")))?;
    let client = call.client()?;
    for entry in entries.unwrap_or_default() {
        let key = below(call.flags.non_empty(&PREFIX), &entry.key);
        let value = decode(entry.value.as_bytes())
            .map_err(|error| Failure::new(format_args!("Error base 64 decoding value for key {key}: {error}")))?;
        let failed = |error: String| Failure::new(format_args!("Error! Failed writing data for key {key}: {error}"));
        if key.starts_with('/') {
            return Err(failed(format!("{LEADING_SLASH}: {key}")));
        }
        let request = with_flags(call.put(path(&key)).body(value), entry.flags);
        client.ask(&request).map_err(|error| failed(error.to_string()))?;
        call.line(format_args!("Imported: {key}"))?;
    }
    Ok(())
}

/// `key` below `prefix`, with one slash between.
fn below(prefix: Option<&str>, key: &str) -> String {
    match prefix {
        None => key.to_owned(),
        Some(prefix) => format!("{}/{}", prefix.trim_end_matches('/'), key.trim_start_matches('/')),
    }
}
