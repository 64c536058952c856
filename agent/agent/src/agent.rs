//! `delian agent`.

use crate::{banner, host, logs, settings, signals};
use anyhow::Context;
use config::{Config, FlagError, Flags, Inputs};
use dispatch::Tracer;
use server::{Ended, Server, Settings};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Reads the configuration, runs the agent until it is told to end.
pub(crate) fn run(words: &[OsString]) -> anyhow::Result<ExitCode> {
    let Some(config) = configured(words)? else { return Ok(ExitCode::SUCCESS) };
    settings::check(&config)?;
    let guard = logs::init(&config.log, &config.telemetry, &config.node.datacenter, &config.node.node_name)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let ended = runtime.block_on(serve(&config, guard.tracer()));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    guard.shutdown(std::time::Duration::from_secs(2));
    if let Some(path) = &config.node.pid_file {
        // The next start replaces it, if it cannot be removed now.
        let _ = std::fs::remove_file(path);
    }
    ended
}

/// The configuration; `None` when only help was wanted.
fn configured(words: &[OsString]) -> anyhow::Result<Option<Config>> {
    let words = words.iter().map(|word| word.to_string_lossy().into_owned());
    let flags = match Flags::parse(words) {
        Ok(flags) => flags,
        Err(error @ FlagError::Help) => {
            writeln!(std::io::stdout(), "{error}")?;
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let files = config::load::read(&flags.config_paths, flags.config_format)?;
    let config = config::resolve(&Inputs { flags, files, host: host::host() })?;
    let data_dir = config.node.data_dir.as_deref().filter(|_| !config.node.dev);
    if let Some(mistake) = data_dir.and_then(config::load::check_data_dir) {
        anyhow::bail!("{mistake}");
    }
    Ok(Some(config))
}

async fn serve(config: &Config, tracer: Option<Arc<dyn Tracer>>) -> anyhow::Result<ExitCode> {
    let server = Server::bind(Settings { tracer, ..settings::server(config)? }).await?;
    let handle = server.handle();
    let mut out = std::io::stdout();
    write!(out, "{}", banner::banner(config, server.node_id(), &handle.http))?;
    out.flush()?;
    for warning in &config.warnings {
        tracing::warn!(target: "agent", "{warning}");
    }
    if let Some(path) = &config.node.pid_file {
        write_pid(path)?;
    }
    let stop = CancellationToken::new();
    let (leave_on_interrupt, leave_on_terminate) = (!config.join.skip_leave_on_interrupt, config.join.leave_on_terminate);
    let wish = signals::watch(stop.clone(), leave_on_interrupt, leave_on_terminate).context("cannot watch for signals")?;
    tracing::info!(target: "agent", http = ?handle.http, rpc = %handle.rpc, "Delian agent running!");
    match server.run(stop, move || wish.is_to_leave()).await {
        Ended::Stopped | Ended::Left => Ok(ExitCode::SUCCESS),
        Ended::Failed(why) => anyhow::bail!("{why}"),
    }
}

fn write_pid(path: &Path) -> anyhow::Result<()> {
    std::fs::write(path, std::process::id().to_string()).with_context(|| format!("pid_file {}", path.display()))
}
