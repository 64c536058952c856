//! `kv get`: a value, all below a prefix, or the names of keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Pair, path, single_key};
use crate::call::Call;
use crate::client::{ApiError, Client};
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::http_options::NAMESPACE;
use crate::request::Request;
use crate::table;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["kv", "get"],
    arguments: "[options] [KEY_OR_PREFIX]",
    summary: "Prints a value, or what is below a prefix",
    about: "
Prints the value of a key as it is stored, followed by a line end. A key that
does not exist is an error; a key without a value prints an empty line.

    $ delian kv get app/db/port

With -recurse the argument is a prefix, and each key below it is printed with
its value. With -keys only names are printed, down to the next separator:

    $ delian kv get -recurse app/
    $ delian kv get -keys app/

Without an argument the prefix is empty, which means the whole store.
",
    http: Http::Datacenter,
    flags: &[BASE64, DETAILED, KEYS, NAMESPACE, RECURSE, SEPARATOR],
    run,
};

const BASE64: Flag = Flag::switch("base64", "Print values in base64, which is safe for any bytes.");
const DETAILED: Flag = Flag::switch("detailed", "Print the indexes, flags and lock of a key beside its value.");
const KEYS: Flag = Flag::switch("keys", "Take the argument as a prefix and print the names of keys only.");
const RECURSE: Flag = Flag::switch("recurse", "Take the argument as a prefix and print every key below it.");
const SEPARATOR: Flag = Flag::text(
    "separator",
    "string",
    "With -keys, names are cut after the first separator behind the prefix, like the folders of a \
     file system. Empty for whole names.",
)
.or("/");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let key = single_key(&call.flags.positional)?.to_owned();
    let (keys, recurse) = (call.flags.is_on(&KEYS), call.flags.is_on(&RECURSE));
    if key.is_empty() && !keys && !recurse {
        return Err(Failure::new("Error! Missing KEY argument"));
    }
    let client = call.client()?;
    let request = call.get(path(&key));
    if keys {
        let request = request.query("keys", "").query_if("separator", call.flags.non_empty(&SEPARATOR));
        let names: Vec<String> = query(&client, &request)?.unwrap_or_default();
        return names.iter().try_for_each(|name| call.line(name));
    }
    if recurse {
        let pairs: Vec<Pair> = query(&client, &request.query("recurse", ""))?.unwrap_or_default();
        return print_all(call, &pairs);
    }
    match query::<Vec<Pair>>(&client, &request)?.unwrap_or_default().first() {
        None => Err(Failure::new(format_args!("Error! No key exists at: {key}"))),
        Some(pair) if call.flags.is_on(&DETAILED) => print_detailed(call, pair),
        Some(pair) => {
            let mut value = value(call, pair)?;
            value.push(b'\n');
            Ok(call.io.stdout.write_all(&value)?)
        }
    }
}

/// `None` where nothing is stored.
fn query<T: serde::de::DeserializeOwned>(client: &Client, request: &Request) -> Result<Option<T>, Failure> {
    let ask = || -> Result<Option<T>, ApiError> {
        let reply = client.send(request)?;
        match reply.status {
            404 => Ok(None),
            _ => reply.ok_json().map(Some),
        }
    };
    ask().map_err(|error| Failure::new(format_args!("Error querying Consul agent: {error}")))
}

fn print_all(call: &mut Call<'_, '_>, pairs: &[Pair]) -> Result<(), Failure> {
    if call.flags.is_on(&DETAILED) {
        for (position, pair) in pairs.iter().enumerate() {
            if position > 0 {
                call.line("")?;
            }
            print_detailed(call, pair)?;
        }
        return Ok(());
    }
    for pair in pairs {
        let value = value(call, pair)?;
        write!(call.io.stdout, "{}:", pair.key)?;
        call.io.stdout.write_all(&value)?;
        call.line("")?;
    }
    Ok(())
}

fn print_detailed(call: &mut Call<'_, '_>, pair: &Pair) -> Result<(), Failure> {
    let session = pair.session.as_deref().filter(|session| !session.is_empty()).unwrap_or("-");
    let rows = [
        ("CreateIndex", pair.create_index.to_string().into_bytes()),
        ("Flags", pair.flags.to_string().into_bytes()),
        ("Key", pair.key.clone().into_bytes()),
        ("LockIndex", pair.lock_index.to_string().into_bytes()),
        ("ModifyIndex", pair.modify_index.to_string().into_bytes()),
        ("Session", session.as_bytes().to_vec()),
        ("Value", value(call, pair)?),
    ];
    Ok(call.io.stdout.write_all(&table::details(&rows))?)
}

/// The bytes to show for a value.
fn value(call: &Call<'_, '_>, pair: &Pair) -> Result<Vec<u8>, Failure> {
    let encoded = pair.value.as_deref().unwrap_or_default();
    if call.flags.is_on(&BASE64) {
        return Ok(encoded.as_bytes().to_vec());
    }
    STANDARD.decode(encoded).map_err(|error| Failure::new(format_args!("Error decoding value of {}: {error}", pair.key)))
}
