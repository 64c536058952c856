//! `debug`: what an agent says of itself over some time, in one file.

mod archive;
mod redact;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::call::Call;
use crate::client::{Client, Ended};
use crate::command::Command;
use crate::duration;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::os_error;

pub(super) const COMMAND: Command = Command {
    path: &["debug"],
    arguments: "[options]",
    summary: "Records what an agent says of itself, for whoever looks for a fault",
    about: "
Records for some time what the agent says: its configuration, host and members
once, its metrics at every interval, its log all the time. The result is a
compressed archive in the current directory. An interrupt ends the recording
sooner; what there is by then is kept.

    $ delian debug -duration=1m -interval=20s

Secrets are hidden. Nevertheless, look into it before you hand it on.
",
    http: Http::Agent,
    flags: &[ARCHIVE, CAPTURE, DURATION, INTERVAL, OUTPUT],
    run,
};

const ARCHIVE: Flag = Flag::switch("archive", "Make an archive rather than leave a directory. On unless set to false.").or("true");
const CAPTURE: Flag =
    Flag::texts("capture", "What to record: agent, host, cluster, metrics or logs. Repeat the flag for several; all without it.");
const DURATION: Flag = Flag::text("duration", "duration", "How long to record, at least 10s.").or("2m");
const INTERVAL: Flag = Flag::text("interval", "duration", "How often to record what changes, at least 5s.").or("30s");
const OUTPUT: Flag = Flag::text("output", "path", "The directory or, with `.tar.gz` added, the archive to make.");

/// What can be recorded; `pprof` is accepted for scripts that name it, and is nothing here.
const TARGETS: &[&str] = &["metrics", "logs", "pprof", "host", "agent", "cluster"];
const LEAST_DURATION: Duration = Duration::from_secs(10);
const LEAST_INTERVAL: Duration = Duration::from_secs(5);

/// What was asked for, checked.
struct Plan {
    duration: Duration,
    interval: Duration,
    targets: Vec<String>,
    output: PathBuf,
    archive: bool,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let given = call.flags.positional.len();
    if given > 0 {
        return Err(Failure::new("==> debug: Too many arguments provided, expected 0"));
    }
    let invalid = |why: String| Failure::new(format_args!("==> Capture validation failed: {why}"));
    let plan = plan(call).map_err(invalid)?;
    let client = call.client()?;
    let agent: Value = client
        .ask_json(&call.get("/v1/agent/self"))
        .map_err(|error| invalid(format!("error querying target agent: {error}. verify connectivity and agent address")))?;
    let version = agent.pointer("/Config/Version").and_then(Value::as_str).unwrap_or_default().to_owned();

    call.line("==> Starting debugger and capturing static information...")?;
    let shown = if plan.archive { archive_of(&plan.output) } else { plan.output.clone() };
    call.line(format_args!("     Agent Version: '{version}'"))?;
    call.line(format_args!("          Interval: '{}'", duration::format(plan.interval)))?;
    call.line(format_args!("          Duration: '{}'", duration::format(plan.duration)))?;
    call.line(format_args!("            Output: '{}'", shown.display()))?;
    call.line(format_args!("           Capture: '{}'", plan.targets.join(", ")))?;
    call.io.stdout.flush()?;

    let failed = |error: io::Error| Failure::new(format_args!("==> Capture failed: {}", os_error::text(&error)));
    fs::create_dir_all(&plan.output).map_err(failed)?;
    once(call, &client, &plan, agent).map_err(failed)?;
    again_and_again(call, &client, &plan)?;
    let index = json!({
        "Version": 1,
        "AgentVersion": version,
        "Interval": duration::format(plan.interval),
        "Duration": duration::format(plan.duration),
        "Targets": plan.targets,
    });
    keep(&plan.output.join("index.json"), index).map_err(failed)?;
    if plan.archive {
        let archived = archive::write(&plan.output, &shown).and_then(|()| fs::remove_dir_all(&plan.output));
        archived.map_err(|error| Failure::new(format_args!("Archive creation failed: {}", os_error::text(&error))))?;
    }
    call.line(format_args!("Saved debug archive: {}", shown.display()))
}

fn plan(call: &Call<'_, '_>) -> Result<Plan, String> {
    let span = |flag: &Flag| {
        let text = call.flags.text(flag).unwrap_or_default();
        duration::parse(text).ok_or_else(|| format!("-{} {text:?} is no duration such as 30s", flag.name))
    };
    let (length, interval) = (span(&DURATION)?, span(&INTERVAL)?);
    if length < LEAST_DURATION {
        return Err("duration must be longer than 10s".to_owned());
    }
    if interval < LEAST_INTERVAL {
        return Err("interval must be longer than 5s".to_owned());
    }
    if length < interval {
        return Err(format!("duration ({}) must be longer than interval ({})", duration::format(length), duration::format(interval)));
    }
    let output = call.flags.non_empty(&OUTPUT).map_or_else(|| format!("consul-debug-{}", now()), str::to_owned);
    let output = PathBuf::from(output);
    let archive = call.flags.is_on(&ARCHIVE);
    for path in std::iter::once(output.clone()).chain(archive.then(|| archive_of(&output))) {
        if path.exists() {
            return Err(format!("output directory already exists: {}", path.display()));
        }
    }
    let mut targets: Vec<String> = call.flags.texts(&CAPTURE).map(str::to_owned).collect();
    if let Some(unknown) = targets.iter().find(|target| !TARGETS.contains(&target.as_str())) {
        return Err(format!("target not found: {unknown}"));
    }
    if targets.is_empty() {
        targets = TARGETS.iter().filter(|target| **target != "pprof").map(|target| (*target).to_owned()).collect();
    }
    Ok(Plan { duration: length, interval, targets, output, archive })
}

impl Plan {
    fn wants(&self, target: &str) -> bool {
        self.targets.iter().any(|wanted| wanted == target)
    }
}

/// Records what does not change. What the agent does not answer is said and left out.
fn once(call: &mut Call<'_, '_>, client: &Client, plan: &Plan, agent: Value) -> io::Result<()> {
    if plan.wants("agent") {
        keep(&plan.output.join("agent.json"), agent)?;
    }
    for (target, path, file) in [("host", "/v1/agent/host", "host.json"), ("cluster", "/v1/agent/members", "cluster.json")] {
        if plan.wants(target) {
            fetch(call, client, path, &plan.output.join(file))?;
        }
    }
    Ok(())
}

/// Records metrics at every interval and the log in between, each interval in a directory that is named after its time.
fn again_and_again(call: &mut Call<'_, '_>, client: &Client, plan: &Plan) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::new(format_args!("==> Capture failed: {}", os_error::text(&error)));
    let mut left = plan.duration;
    let mut count = 0;
    while !left.is_zero() {
        let time = now();
        if count == 0 {
            call.line(format_args!("==> Beginning capture interval {time} (0)"))?;
        }
        let directory = plan.output.join(time.to_string());
        fs::create_dir_all(&directory).map_err(failed)?;
        if plan.wants("metrics") {
            fetch(call, client, "/v1/agent/metrics", &directory.join("metrics.json")).map_err(failed)?;
        }
        count += 1;
        call.line(format_args!("==> Capture successful {time} ({count})"))?;
        call.io.stdout.flush()?;
        let step = left.min(plan.interval);
        left = left.saturating_sub(step);
        if listen(call, client, plan, &directory, step)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Spends `time`, with the log if it is wanted; true if the operator interrupted.
fn listen(call: &mut Call<'_, '_>, client: &Client, plan: &Plan, directory: &Path, time: Duration) -> Result<bool, Failure> {
    let interrupt = (call.own.interrupt)();
    let interrupted = std::cell::Cell::new(false);
    let end = async {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = interrupt => interrupted.set(true),
        }
    };
    if plan.wants("logs") {
        let mut file = File::create(directory.join("consul.log"))?;
        let request = call.get("/v1/agent/monitor").query("loglevel", "DEBUG");
        let begun = std::time::Instant::now();
        match client.follow(&request, end, &mut |lines| file.write_all(lines)) {
            Ok(ended) => {
                if ended? == Ended::ByAgent {
                    client.wait(tokio::time::sleep(time.saturating_sub(begun.elapsed())));
                }
            }
            Err(error) => {
                call.warn(format_args!("==> Could not record the log: {error}"))?;
                client.wait(tokio::time::sleep(time.saturating_sub(begun.elapsed())));
            }
        }
    } else {
        client.wait(end);
    }
    Ok(interrupted.get())
}

/// Keeps an answer, or says why there is none.
fn fetch(call: &mut Call<'_, '_>, client: &Client, path: &str, file: &Path) -> io::Result<()> {
    match client.ask_json(&call.get(path)) {
        Ok(value) => keep(file, value),
        Err(error) => writeln!(call.io.stderr, "==> Could not record {path}: {error}"),
    }
}

/// Writes it without secrets.
fn keep(file: &Path, mut value: Value) -> io::Result<()> {
    redact::redact(&mut value);
    fs::write(file, serde_json::to_vec_pretty(&value)?)
}

fn archive_of(output: &Path) -> PathBuf {
    PathBuf::from(format!("{}.tar.gz", output.display()))
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
