//! `kv put`: writes a value, also under a condition or a lock.

use super::{LEADING_SLASH, decode, path, with_flags};
use crate::argument;
use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::http_options::NAMESPACE;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["kv", "put"],
    arguments: "[options] KEY [DATA]",
    summary: "Writes a value",
    about: "
Stores DATA under KEY, whether or not the key exists. Without DATA the value
is empty.

    $ delian kv put app/db/port 5432

DATA is taken from a file when it is @ and the file's name, from stdin when it
is a dash:

    $ delian kv put app/license @license.txt
    $ generate | delian kv put app/license -

With -cas the value is written only if the key has not changed since it was
read with that -modify-index:

    $ delian kv put -cas -modify-index=123 app/db/port 5433
",
    http: Http::Datacenter,
    flags: &[ACQUIRE, BASE64, CAS, FLAGS, MODIFY_INDEX, NAMESPACE, RELEASE, SESSION],
    run,
};

const ACQUIRE: Flag =
    Flag::switch("acquire", "Lock the key for -session and write only if that succeeds. A key that does not exist is created.");
const BASE64: Flag = Flag::switch("base64", "DATA is base64 and stored decoded.");
const CAS: Flag = Flag::switch("cas", "Check and set: write only if the key's index is still -modify-index.");
const FLAGS: Flag = Flag::uint("flags", "A number to keep with the value. Only applications give it a meaning.");
const MODIFY_INDEX: Flag = Flag::uint("modify-index", "The ModifyIndex that -cas expects.");
const RELEASE: Flag = Flag::switch("release", "Write and give back the lock that -session holds.");
const SESSION: Flag = Flag::text("session", "string", "ID of the session that -acquire and -release act for.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let (key, data) = match call.flags.positional.as_slice() {
        [] => return Err(Failure::new("Error! Missing KEY argument")),
        [key] => (key.clone(), Vec::new()),
        [key, data] => {
            let data = argument::value(data, call.io.stdin);
            (key.clone(), data.map_err(|error| Failure::new(format_args!("Error! {error}")))?)
        }
        more => {
            let message = format!("Error! Too many arguments (expected 1 or 2, got {})", more.len());
            return Err(Failure::new(message));
        }
    };
    let data = match call.flags.is_on(&BASE64) {
        // Consul reports the mistake and then stores an empty value; nobody wants that.
        true => decode(&data).map_err(|error| Failure::new(format_args!("Error! Cannot base 64 decode data: {error}")))?,
        false => data,
    };
    let write = Write::of(call)?;
    let client = call.client()?;
    let failed = |error: String| Failure::new(format_args!("Error! Failed writing data: {error}"));
    if key.starts_with('/') {
        return Err(failed(format!("{LEADING_SLASH}: {key}")));
    }
    let request = with_flags(call.put(path(&key)).body(data), call.flags.uint(&FLAGS));
    let request = match &write {
        Write::Always => request,
        Write::IfUnchangedSince(index) => request.query("cas", index.to_string()),
        Write::Locking(session) => request.query("acquire", session),
        Write::Unlocking(session) => request.query("release", session),
    };
    let written: bool = client.ask_json(&request).map_err(|error| failed(error.to_string()))?;
    match (write, written) {
        (Write::Always, _) | (Write::IfUnchangedSince(_), true) => call.line(format_args!("Success! Data written to: {key}")),
        (Write::Locking(_), true) => call.line(format_args!("Success! Lock acquired on: {key}")),
        (Write::Unlocking(_), true) => call.line(format_args!("Success! Lock released on: {key}")),
        (Write::IfUnchangedSince(_), false) => Err(Failure::new(format_args!("Error! Did not write to {key}: CAS failed"))),
        (Write::Locking(_), false) => Err(Failure::new("Error! Did not acquire lock")),
        (Write::Unlocking(_), false) => Err(Failure::new("Error! Did not release lock")),
    }
}

/// The condition of a write. Where several are given, the first of this list counts
/// after `Always`.
enum Write {
    Always,
    /// This `ModifyIndex` must still be the key's.
    IfUnchangedSince(u64),
    /// This session must get the lock.
    Locking(String),
    /// This session must hold the lock.
    Unlocking(String),
}

impl Write {
    fn of(call: &Call<'_, '_>) -> Result<Self, Failure> {
        let flags = &call.flags;
        let session = flags.non_empty(&SESSION).map(str::to_owned);
        let (acquire, release) = (flags.is_on(&ACQUIRE), flags.is_on(&RELEASE));
        if (acquire || release) && session.is_none() {
            return Err(Failure::new("Error! Missing -session (required with -acquire and -release)"));
        }
        match (flags.is_on(&CAS), flags.uint(&MODIFY_INDEX), session) {
            (true, 0, _) => Err(Failure::new("Must specify -modify-index with -cas!")),
            (true, index, _) => Ok(Self::IfUnchangedSince(index)),
            (false, _, Some(session)) if acquire => Ok(Self::Locking(session)),
            (false, _, Some(session)) if release => Ok(Self::Unlocking(session)),
            _ => Ok(Self::Always),
        }
    }
}
