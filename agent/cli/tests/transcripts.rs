//! Commands against transcripts of Consul 1.8.7.
//!
//! Each case in `transcripts/*.json` is one run of `consul`: its arguments, the requests
//! it made, what the agent answered, what it printed and its exit code. The same
//! arguments must make the same requests here and, given the same answers, print the same
//! text. Where we differ on purpose, the case says so under `differs`, with the reason.
//! `own.json` holds the commands and cases that Consul does not have.
//!
//! `{addr}` stands for the address of the agent, `{dir}` for a directory with `files`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod fake_agent;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cli::{Env, Io, Own, Topic, Validate};
use fake_agent::FakeAgent;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    args: Vec<String>,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    exchanges: Vec<Exchange>,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    /// Instead of `stderr` where help in our own words follows.
    stderr_starts: Option<String>,
    exit: u8,
    differs: Option<Differs>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    method: String,
    target: String,
    /// Token and credentials; both are absent unless listed.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    status: u16,
    /// `X-Consul-Index` of the answer.
    #[serde(default)]
    index: Option<u64>,
    reply: String,
}

/// What we print instead. Requests and exit code are those of the case unless given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Differs {
    #[serde(rename = "why")]
    _why: String,
    #[serde(default)]
    targets: Option<Vec<String>>,
    #[serde(default)]
    bodies: Option<Vec<String>>,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    stderr_starts: Option<String>,
    exit: Option<u8>,
}

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    requests: Vec<(String, String, BTreeMap<String, String>, String)>,
    stdout: String,
    stderr: String,
    exit: u8,
}

macro_rules! transcripts {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { check(stringify!($name)); })*
        /// A file without a test would check nothing.
        #[test]
        fn every_file_has_a_test() {
            let mut files: Vec<String> = fs::read_dir(folder()).unwrap()
                .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            files.sort();
            let mut names = [$(stringify!($name)),*];
            names.sort_unstable();
            assert_eq!(files, names);
        }
    };
}

transcripts!(
    agent, autopilot, catalog, connection, debug, event, keyring, kv_delete, kv_export, kv_get, kv_import, kv_put, maint, members, monitor,
    operator, own, root, rtt, services, watch,
);

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts"))
}

fn check(name: &str) {
    let text = fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert!(!cases.is_empty());
    let wrong: Vec<String> = cases.iter().filter_map(|case| mismatch(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn mismatch(case: &Case) -> Result<(), String> {
    let mut expected = Outcome {
        requests: case.exchanges.iter().map(Exchange::request).collect(),
        stdout: case.stdout.clone(),
        stderr: case.stderr.clone(),
        exit: case.exit,
    };
    let mut starts = case.stderr_starts.as_ref();
    if let Some(differs) = &case.differs {
        expected.stdout.clone_from(&differs.stdout);
        expected.stderr.clone_from(&differs.stderr);
        expected.exit = differs.exit.unwrap_or(case.exit);
        starts = differs.stderr_starts.as_ref();
        if let Some(bodies) = &differs.bodies {
            expected.requests.iter_mut().zip(bodies).for_each(|(request, body)| request.3 = canonical(body.clone()));
        }
        if let Some(targets) = &differs.targets {
            expected.requests.truncate(targets.len());
            expected.requests.iter_mut().zip(targets).for_each(|(request, target)| request.1.clone_from(target));
        }
    }
    let mut outcome = run(case);
    if let Some(start) = starts {
        expected.stderr.clone_from(start);
        if outcome.stderr.starts_with(start) {
            outcome.stderr.truncate(start.len());
        }
    }
    match outcome == expected {
        true => Ok(()),
        false => Err(format!("{:?}\n  expected {expected:#?}\n  got {outcome:#?}", case.args)),
    }
}

impl Exchange {
    fn request(&self) -> (String, String, BTreeMap<String, String>, String) {
        (self.method.clone(), self.target.clone(), self.headers.clone(), canonical(self.body.clone()))
    }
}

/// A body that is a JSON object, with sorted keys: their order means nothing.
fn canonical(body: String) -> String {
    match serde_json::from_str::<BTreeMap<String, serde_json::Value>>(&body) {
        Ok(mut object) => {
            object.values_mut().for_each(serde_json::Value::sort_all_objects);
            serde_json::to_string(&object).unwrap()
        }
        Err(_) => body,
    }
}

fn run(case: &Case) -> Outcome {
    let agent = FakeAgent::start(case.exchanges.iter().map(|exchange| (exchange.status, exchange.index, exchange.reply.clone())));
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in &case.files {
        fs::write(directory.path().join(name), content).unwrap();
    }
    let directory = directory.path().to_str().unwrap();
    let fill = |text: &String| text.replace("{addr}", &agent.address).replace("{dir}", directory);
    let mut env = BTreeMap::from([("CONSUL_HTTP_ADDR".to_owned(), agent.address.clone())]);
    env.extend(case.env.iter().map(|(name, value)| (name.clone(), fill(value))));

    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let io = Io { stdin: &mut case.stdin.as_bytes(), stdout: &mut stdout, stderr: &mut stderr };
    let own = Own {
        version: "0.1.0",
        revision: "",
        others: &[Topic { name: "agent", summary: "Runs an agent" }],
        validate: &validate,
        services: &definitions,
        interrupt: &|| Box::pin(std::future::pending()),
    };
    let exit = cli::run(case.args.iter().map(|arg| fill(arg).into()).collect(), &env.into_iter().collect::<Env>(), io, &own);

    let empty = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&agent.address, "{addr}").replace(directory, "{dir}");
    let requests = agent
        .received()
        .into_iter()
        .map(|mut request| {
            request.headers.retain(|name, _| name == "x-consul-token" || name == "authorization");
            (request.method, request.target, request.headers, canonical(request.body))
        })
        .collect();
    Outcome { requests, stdout: empty(stdout), stderr: empty(stderr), exit }
}

/// Reads definitions as the binary does.
fn definitions(paths: &[PathBuf]) -> Result<Vec<serde_json::Value>, String> {
    let sources = config::load::read(paths, None).map_err(|error| error.to_string())?;
    config::registrations(&sources).map_err(|error| error.to_string())
}

/// Takes every configuration but those at a path with `bad` in it.
fn validate(asked: &Validate) -> Result<Vec<String>, String> {
    let named = |part: &str| asked.paths.iter().find(|path| path.to_string_lossy().contains(part));
    match named("bad") {
        Some(path) => Err(format!("{} as {:?}", path.display(), asked.format)),
        None => Ok(named("odd").map(|path| format!("{} is odd", path.display())).into_iter().collect()),
    }
}
