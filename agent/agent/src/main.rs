//! `delian`: the agent, the gateway, whole datacenters to try things out, and the commands that speak to an agent.
//!
//! A table of contents: each command is wired here out of the crates that do the work. `settings` turns a configuration into what a
//! server is told, `logs` starts telemetry, `signals` hears the operator.
//!
//! **Invariant:** nothing is decided here that a test without a process could not see.

mod agent;
mod banner;
mod definitions;
mod dev;
mod dns;
mod gateway;
mod host;
mod https;
mod internal_rpc;
mod logs;
mod pages;
mod pem;
mod probing;
mod reload;
mod settings;
mod signals;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Many small rows are allocated and freed by many threads; the system's allocator keeps a heap for each of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    match words.first().and_then(|word| word.to_str()) {
        Some("agent") => ended(agent::run(&words[1..])),
        Some("gateway") => ended(gateway::run(&words[1..])),
        Some("dev") => ended(dev::run(&words[1..])),
        _ => command(words),
    }
}

/// A command that speaks to a running agent.
fn command(words: Vec<OsString>) -> ExitCode {
    let topic = |name, summary| cli::Topic { name, summary };
    let others = [
        topic("agent", "Runs a Delian agent"),
        topic("dev", "Runs two whole datacenters in one process, to try things out"),
        topic("gateway", "Runs the gateway of a datacenter"),
    ];
    let own = cli::Own {
        version: env!("CARGO_PKG_VERSION"),
        revision: "",
        others: &others,
        validate: &validate,
        services: &services,
        interrupt: &|| Box::pin(interrupted()),
    };
    let (mut stdin, mut stdout, mut stderr) = (std::io::stdin().lock(), std::io::stdout().lock(), std::io::stderr().lock());
    let io = cli::Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    ExitCode::from(cli::run(words, &cli::Env::of_process(), io, &own))
}

/// What `delian validate` asks: whether files are a configuration, and what is to be said of it.
fn validate(asked: &cli::Validate) -> Result<Vec<String>, String> {
    let format = asked.format.map(|format| match format {
        cli::ConfigFormat::Hcl => hcl::Format::Hcl,
        cli::ConfigFormat::Json => hcl::Format::Json,
    });
    let paths: Vec<PathBuf> = asked.paths.clone();
    let files = config::load::read(&paths, format).map_err(|error| error.to_string())?;
    config::validate(&files, &host::host()).map_err(|invalid| invalid.to_string())
}

/// What `delian services` asks: the services that files define.
fn services(paths: &[PathBuf]) -> Result<Vec<serde_json::Value>, String> {
    let sources = config::load::read(paths, None).map_err(|error| error.to_string())?;
    config::registrations(&sources).map_err(|error| error.to_string())
}

/// Ctrl-C; never, where the system does not say.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn ended(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        // Nobody may be reading.
        let _ = writeln!(std::io::stderr(), "==> {error:#}");
        ExitCode::FAILURE
    })
}
