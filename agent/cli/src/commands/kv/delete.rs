//! `kv delete`: a key, or all below a prefix.

use super::{path, single_key};
use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::http_options::NAMESPACE;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["kv", "delete"],
    arguments: "[options] KEY_OR_PREFIX",
    summary: "Deletes a key, or everything below a prefix",
    about: "
Deletes a key. Deleting what does not exist succeeds.

    $ delian kv delete app/db/port

With -recurse the argument is a prefix, and a prefix is text: app also means
apple and app/db. An empty prefix means everything.

    $ delian kv delete -recurse app/
",
    http: Http::Datacenter,
    flags: &[CAS, MODIFY_INDEX, NAMESPACE, RECURSE],
    run,
};

const CAS: Flag = Flag::switch("cas", "Delete only if the key's index is still -modify-index.");
const MODIFY_INDEX: Flag = Flag::uint("modify-index", "The ModifyIndex that -cas expects.");
const RECURSE: Flag = Flag::switch("recurse", "Take the argument as a prefix and delete every key below it.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let key = single_key(&call.flags.positional)?.to_owned();
    let (cas, recurse) = (call.flags.is_on(&CAS), call.flags.is_on(&RECURSE));
    let index = call.flags.uint(&MODIFY_INDEX);
    if key.is_empty() && !recurse {
        return Err(Failure::new("Error! Missing KEY argument"));
    }
    match (cas, recurse, index) {
        (true, true, _) => return Err(Failure::new("Cannot specify both -cas and -recurse!")),
        (true, _, 0) => return Err(Failure::new("Must specify -modify-index with -cas!")),
        (false, _, 1..) => return Err(Failure::new("Cannot specify -modify-index without -cas!")),
        _ => {}
    }
    let client = call.client()?;
    let request = call.delete(path(&key));
    if recurse {
        return match client.ask(&request.query("recurse", "")) {
            Ok(_) => call.line(format_args!("Success! Deleted keys with prefix: {key}")),
            Err(error) => Err(Failure::new(format_args!("Error! Did not delete prefix {key}: {error}"))),
        };
    }
    let request = if cas { request.query("cas", index.to_string()) } else { request };
    match client.ask_json::<bool>(&request) {
        Err(error) if cas => Err(Failure::new(format_args!("Error! Did not delete key {key}: {error}"))),
        Err(error) => Err(Failure::new(format_args!("Error deleting key {key}: {error}"))),
        Ok(false) if cas => Err(Failure::new(format_args!("Error! Did not delete key {key}: CAS failed"))),
        Ok(_) => call.line(format_args!("Success! Deleted key: {key}")),
    }
}
