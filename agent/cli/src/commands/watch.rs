//! `watch`: prints something, or runs a program whenever it changes.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use hyper::Method;
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use watch::{Answer, Definition, Delivery, Plan, Script, Stream, follow};

use crate::boolean;
use crate::call::Call;
use crate::client::{ApiError, Client};
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::http_options::{DATACENTER, STALE};
use crate::io::Io;
use crate::request::Request;

pub(super) const COMMAND: Command = Command {
    path: &["watch"],
    arguments: "[options] [PROGRAM...]",
    summary: "Prints something, or runs a program whenever it changes",
    about: "
Asks for something and prints it as JSON. With a program it goes on watching:
whenever there is something new the program is run, with the JSON on its
standard input and the index in CONSUL_INDEX.

    $ delian watch -type=key -key=app/db/port
    $ delian watch -type=service -service=web -passingonly=true ./reload.sh

Events are handed on once each. It ends when the program fails, with 1, or
when it is interrupted; while the agent does not answer it tries again, less
and less often.
",
    http: Http::Datacenter,
    flags: &[KEY, NAME, PASSING_ONLY, PREFIX, SERVICE, SHELL, STATE, TAG, TYPE],
    run,
};

const KEY: Flag = Flag::text("key", "string", "The key. Only for the type key.");
const NAME: Flag = Flag::text("name", "string", "Only events of this name. Only for the type event.");
const PASSING_ONLY: Flag = Flag::text("passingonly", "true|false", "Only instances whose checks pass. Only for the type service.");
const PREFIX: Flag = Flag::text("prefix", "string", "The prefix of keys. Only for the type keyprefix.");
const SERVICE: Flag = Flag::text("service", "string", "The service. For the types service and checks.");
const SHELL: Flag =
    Flag::switch("shell", "Have a shell run the program: the one that SHELL names, or /bin/sh. On unless set to false.").or("true");
const STATE: Flag = Flag::text("state", "string", "Only checks in this state. Only for the type checks, without -service.");
const TAG: Flag = Flag::texts("tag", "Only instances with this tag. Repeat the flag for those with all of several. For the type service.");
const TYPE: Flag = Flag::text("type", "string", "One of key, keyprefix, services, nodes, service, checks and event.");

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let plan = definition(call)?.plan().map_err(Failure::new)?;
    let script = script(call);
    let client = call.client()?;
    // Tells an agent that is not there apart from one that has trouble: only the latter is waited for.
    let self_request = Request::new(Method::GET, "/v1/agent/self").query_if("dc", call.flags.non_empty(&DATACENTER));
    client.ask(&self_request).map_err(|error| Failure::new(format_args!("Error querying Consul agent: {error}")))?;

    let interrupt = (call.own.interrupt)();
    let watching = watching(&plan, &client, script.as_ref(), call.io);
    client.wait(async {
        tokio::select! {
            () = interrupt => Ok(()),
            ended = watching => ended,
        }
    })
}

fn definition(call: &Call<'_, '_>) -> Result<Definition, Failure> {
    let kind = match call.flags.non_empty(&TYPE) {
        None => return Err(Failure::usage("Watch type must be specified")),
        Some(kind @ ("connect_roots" | "connect_leaf")) => {
            return Err(Failure::new(format_args!("Type {kind} is not supported in the CLI tool")));
        }
        Some(kind) => kind.to_owned(),
    };
    let passing_only = match call.flags.non_empty(&PASSING_ONLY) {
        None => None,
        Some(word) => Some(boolean::parse(word).ok_or_else(|| {
            Failure::new(format_args!("Failed to parse passingonly flag: strconv.ParseBool: parsing {word:?}: invalid syntax"))
        })?),
    };
    let text = |flag| call.flags.non_empty(flag).map(str::to_owned);
    Ok(Definition {
        kind,
        key: text(&KEY),
        prefix: text(&PREFIX),
        service: text(&SERVICE),
        tags: call.flags.texts(&TAG).map(str::to_owned).collect(),
        passing_only,
        state: text(&STATE),
        name: text(&NAME),
        filter: None,
        datacenter: text(&DATACENTER),
        stale: call.flags.is_on(&STALE),
    })
}

/// What to run, if anything.
fn script(call: &Call<'_, '_>) -> Option<Script> {
    let words = &call.flags.positional;
    let script = match (words.is_empty(), call.flags.is_on(&SHELL)) {
        (true, _) => None,
        (false, true) => Some(Script::shell(call.env.get("SHELL"), &words.join(" "))),
        (false, false) => Script::program(words),
    }?;
    Some(call.env.all().fold(script, |script, (name, value)| script.with(name, value)))
}

/// Watches until it has printed once, or the script fails.
async fn watching(plan: &Plan, client: &Client, script: Option<&Script>, io: &mut Io<'_>) -> Result<(), Failure> {
    let (stdout, stderr) = (RefCell::new(&mut *io.stdout), RefCell::new(&mut *io.stderr));
    let deliver = |delivery: Delivery| {
        let (stdout, stderr) = (&stdout, &stderr);
        async move {
            let Some(script) = script else {
                return ControlFlow::Break(print(stdout, &indented(&delivery)).map_err(Failure::from));
            };
            let pass_on = |stream, bytes: &[u8]| {
                // Where nobody reads the script still has its work to do.
                let _ = match stream {
                    Stream::Out => print(stdout, bytes),
                    Stream::Err => print(stderr, bytes),
                };
            };
            match script.run(&delivery, pass_on).await {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(Err(Failure::new(error))),
            }
        }
    };
    let failed = |error: &dyn Display, wait: Duration| {
        let _ =
            writeln!(stderr.borrow_mut(), "Watch errored: type={} error={:?} retry={}s", plan.kind(), error.to_string(), wait.as_secs());
    };
    follow(plan, |index| ask(plan, client, index), deliver, failed).await
}

/// At once: whoever reads wants to see what a script says as it says it.
fn print<W: Write + ?Sized>(to: &RefCell<&mut W>, bytes: &[u8]) -> io::Result<()> {
    let mut to = to.borrow_mut();
    to.write_all(bytes)?;
    to.flush()
}

async fn ask(plan: &Plan, client: &Client, index: Option<u64>) -> Result<Answer, ApiError> {
    let query = plan.query(index);
    let request = query.into_iter().fold(Request::new(Method::GET, plan.path()), |request, (name, value)| request.query(name, value));
    let reply = client.exchange(&request).await?;
    let index = reply.index;
    let body = match reply.status {
        404 if plan.may_be_absent() => bytes::Bytes::new(),
        _ => reply.ok()?,
    };
    Ok(Answer { index, body })
}

/// With four blanks to a level, and a line end.
fn indented(delivery: &Delivery) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing into a vector does not fail.
    let _ = delivery.payload.serialize(&mut Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    ")));
    bytes.push(b'\n');
    bytes
}
