//! `keyring`: the keys that encrypt gossip.

use std::collections::BTreeMap;

use hyper::Method;
use serde::Deserialize;

use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::request::Request;

pub(super) const COMMAND: Command = Command {
    path: &["keyring"],
    arguments: "[options]",
    summary: "Manages the keys that encrypt gossip",
    about: "
Lists and changes the gossip keys of all members, in the pool of the
datacenter and in the one that joins datacenters. A key is replaced in three
steps, none of which interrupts anything:

    $ delian keyring -install=$NEW
    $ delian keyring -use=$NEW
    $ delian keyring -remove=$OLD

It asks a server. Exits with 0 if every member answered and none reported a
failure, else with 1.
",
    http: Http::Agent,
    flags: &[INSTALL, LIST, LIST_PRIMARY, LOCAL_ONLY, RELAY_FACTOR, REMOVE, USE],
    run,
};

const INSTALL: Flag = Flag::text("install", "key", "Have every member know this key; it is used for nothing yet.");
const LIST: Flag = Flag::switch("list", "List the keys that members know, and how many members know each.");
const LIST_PRIMARY: Flag = Flag::switch("list-primary", "List the keys that members encrypt with.");
const LOCAL_ONLY: Flag = Flag::switch("local-only", "Only the pool of this datacenter. Only with -list.");
const RELAY_FACTOR: Flag =
    Flag::int("relay-factor", "Through how many other members each answers besides, at most 5. Accepted for scripts that set it.");
const REMOVE: Flag = Flag::text("remove", "key", "Have every member forget this key. It must not be the one in use.");
const USE: Flag = Flag::text("use", "key", "Encrypt with this key from now on. It must be installed.");

/// What one invocation does.
enum Action {
    List,
    ListPrimary,
    Change { method: Method, key: String, saying: &'static str },
}

/// Number of members by key.
type Counts = BTreeMap<String, u64>;

/// The keys of one pool.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pool {
    #[serde(rename = "WAN")]
    wan: bool,
    datacenter: String,
    #[serde(default)]
    segment: String,
    /// What single members had to say, by name.
    messages: Option<BTreeMap<String, String>>,
    keys: Option<Counts>,
    /// Only the keys that encrypt.
    primary_keys: Option<Counts>,
    num_nodes: u64,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let Some(action) = action(call)? else {
        return Err(Failure::help());
    };
    let relay_factor @ 0..=5 = call.flags.int(&RELAY_FACTOR) else {
        return Err(Failure::new("Error parsing relay factor: Relay factor must be in range: [0, 5]"));
    };
    let local_only = call.flags.is_on(&LOCAL_ONLY);
    if local_only && !matches!(action, Action::List) {
        return Err(Failure::new("Error validating local-only: local-only can only be set for list requests"));
    }
    let relay_factor = (relay_factor > 0).then(|| relay_factor.to_string());
    let request = |method| Request::new(method, "/v1/operator/keyring").query_if("relay-factor", relay_factor.as_deref());
    let client = call.client()?;
    let (request, primary) = match action {
        Action::List => {
            call.line("==> Gathering installed encryption keys...")?;
            (request(Method::GET).query_if("local-only", local_only.then_some("true")), Some(false))
        }
        Action::ListPrimary => {
            call.line("==> Gathering installed primary encryption keys...")?;
            (request(Method::GET), Some(true))
        }
        Action::Change { method, key, saying } => {
            call.line(saying)?;
            (request(method).body(serde_json::json!({ "Key": key }).to_string()), None)
        }
    };
    let failed = |error| Failure::new(format_args!("error: {error}"));
    let Some(primary) = primary else {
        return client.ask(&request).map(drop).map_err(failed);
    };
    let pools: Vec<Pool> = client.ask_json(&request).map_err(failed)?;
    pools.iter().try_for_each(|pool| print(call, pool, if primary { pool.primary_keys.as_ref() } else { pool.keys.as_ref() }))
}

/// `None` when nothing was asked for, and the help is the answer.
fn action(call: &Call<'_, '_>) -> Result<Option<Action>, Failure> {
    let change =
        |flag: &Flag, method: Method, saying| call.flags.non_empty(flag).map(|key| Action::Change { method, key: key.to_owned(), saying });
    let mut asked = [
        call.flags.is_on(&LIST).then_some(Action::List),
        call.flags.is_on(&LIST_PRIMARY).then_some(Action::ListPrimary),
        change(&INSTALL, Method::POST, "==> Installing new gossip encryption key..."),
        change(&USE, Method::PUT, "==> Changing primary gossip encryption key..."),
        change(&REMOVE, Method::DELETE, "==> Removing gossip encryption key..."),
    ]
    .into_iter()
    .flatten();
    let first = asked.next();
    match asked.next() {
        None => Ok(first),
        Some(_) => Err(Failure::new("Only a single action is allowed")),
    }
}

fn print(call: &mut Call<'_, '_>, pool: &Pool, keys: Option<&Counts>) -> Result<(), Failure> {
    let name = match (pool.wan, pool.segment.as_str()) {
        (true, _) => "WAN".to_owned(),
        (false, "") => format!("{} (LAN)", pool.datacenter),
        (false, segment) => format!("{} (LAN) [{segment}]", pool.datacenter),
    };
    call.line(format_args!("\n{name}:"))?;
    for (member, message) in pool.messages.iter().flatten() {
        call.line(format_args!("  {member}: {message}"))?;
    }
    for (key, count) in keys.into_iter().flatten() {
        call.line(format_args!("  {key} [{count}/{}]", pool.num_nodes))?;
    }
    Ok(())
}
