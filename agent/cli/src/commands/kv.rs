//! `kv`: the key-value store.

pub(super) mod delete;
pub(super) mod export;
pub(super) mod get;
pub(super) mod import;
pub(super) mod put;

use base64::DecodeError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::command::Group;
use crate::failure::Failure;
use crate::request::Request;

/// `kv`.
pub(super) const GROUP: Group = Group {
    path: &["kv"],
    summary: "Reads and writes the key-value store",
    about: "
Keys are paths such as app/db/port, values are bytes. Some examples; each
subcommand has more in its own help.

Write a value, read it, read all that is known about it, delete it:

    $ delian kv put app/db/port 5432
    $ delian kv get app/db/port
    $ delian kv get -detailed app/db/port
    $ delian kv delete app/db/port
",
};

/// An entry as the agent returns it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    key: String,
    flags: u64,
    lock_index: u64,
    create_index: u64,
    modify_index: u64,
    /// Holder of the lock.
    session: Option<String>,
    /// Base64; `null` when empty.
    value: Option<String>,
}

/// An entry in the files of `kv export` and `kv import`.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    key: String,
    #[serde(default)]
    flags: u64,
    /// Base64.
    #[serde(default)]
    value: String,
}

/// A refusal to send a key whose path would be cleaned into another key's.
const LEADING_SLASH: &str = "Invalid key. Key must not begin with a '/'";

/// The path of a key or prefix.
fn path(key: &str) -> String {
    format!("/v1/kv/{key}")
}

/// Adds `flags` unless they are 0, which is what they are anyway.
fn with_flags(request: Request, flags: u64) -> Request {
    match flags {
        0 => request,
        flags => request.query("flags", flags.to_string()),
    }
}

/// Decodes base64 and, as files are full of them, overlooks line ends.
fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    STANDARD.decode(&text).map_err(|error| {
        let offset = match error {
            DecodeError::InvalidByte(offset, _) | DecodeError::InvalidLastSymbol(offset, _) => offset,
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => text.len(),
        };
        format!("illegal base64 data at input byte {offset}")
    })
}

/// The one key or prefix of a command without the leading slash that no key has; empty
/// when none was given.
fn single_key(positional: &[String]) -> Result<&str, Failure> {
    match positional {
        [] => Ok(""),
        [key] => Ok(key.strip_prefix('/').unwrap_or(key)),
        more => Err(Failure::new(format_args!("Too many arguments (expected 1, got {})", more.len()))),
    }
}
