//! `delian agent`.

use crate::reload::Reloader;
use crate::settings::Observers;
use crate::{banner, host, logs, pages, settings, signals};
use anyhow::Context;
use client::Client;
use config::{Config, FlagError, Flags, Inputs};
use desk::{AgentSettings, Ended, Reload};
use dispatch::{Dispatcher, Log, Peers};
use server::Server;
use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Reads the configuration, runs the agent until it is told to end.
pub(crate) fn run(words: &[OsString]) -> anyhow::Result<ExitCode> {
    let Some(flags) = flags(words)? else { return Ok(ExitCode::SUCCESS) };
    let started = Inputs { files: config::load::named(&flags)?, flags, host: host::host() };
    let config = resolve(&started)?;
    let guard = logs::init(&config.log, &config.telemetry, &config.node.datacenter, &config.node.node_name)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let ended = runtime.block_on(serve(&config, started, Observers::of(&guard)));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    guard.shutdown(std::time::Duration::from_secs(2));
    if let Some(path) = &config.node.pid_file {
        // The next start replaces it, if it cannot be removed now.
        let _ = std::fs::remove_file(path);
    }
    ended
}

/// What the command line says; `None` when only help was wanted.
fn flags(words: &[OsString]) -> anyhow::Result<Option<Flags>> {
    let words = words.iter().map(|word| word.to_string_lossy().into_owned());
    match Flags::parse(words) {
        Ok(flags) => Ok(Some(flags)),
        Err(FlagError::Help) => {
            write!(std::io::stdout(), "{}", Flags::help())?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn resolve(inputs: &Inputs) -> anyhow::Result<Config> {
    let config = config::resolve(inputs)?;
    let data_dir = config.node.data_dir.as_deref().filter(|_| !config.node.dev);
    if let Some(mistake) = data_dir.and_then(config::load::check_data_dir) {
        anyhow::bail!("{mistake}");
    }
    Ok(config)
}

async fn serve(config: &Config, started: Inputs, observers: Observers) -> anyhow::Result<ExitCode> {
    let agent = Agent::bind(config, started, observers).await?;
    let (http, dns) = agent.addresses();
    let mut out = std::io::stdout();
    write!(out, "{}", banner::banner(config, agent.node_id(), &http, &dns))?;
    out.flush()?;
    for warning in &config.warnings {
        tracing::warn!(target: "agent", "{warning}");
    }
    if let Some(path) = &config.node.pid_file {
        write_pid(path)?;
    }
    let stop = CancellationToken::new();
    let (leave_on_interrupt, leave_on_terminate) = (!config.join.skip_leave_on_interrupt, config.join.leave_on_terminate);
    let (hangup, hangups) = mpsc::channel(1);
    agent.reload_on(hangups);
    let wish = signals::watch(stop.clone(), leave_on_interrupt, leave_on_terminate, Some(hangup)).context("cannot watch for signals")?;
    tracing::info!(target: "agent", ?http, ?dns, "Delian agent running!");
    tokio::spawn(pages::keep_few());
    agent.run(stop, move || wish.is_to_leave()).await?;
    Ok(ExitCode::SUCCESS)
}

/// A server or a client agent, with its ports.
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
enum Agent {
    Server(Server),
    Client(Client),
}

impl Agent {
    async fn bind(config: &Config, started: Inputs, observers: Observers) -> anyhow::Result<Self> {
        let reload = |settings: &AgentSettings| -> Option<Arc<dyn Reload>> {
            let rpc_is_configured = settings.reloadable.internal_rpc.is_some();
            Some(Arc::new(Reloader { started, rpc_is_configured }))
        };
        Ok(match config.node.server {
            true => {
                let mut settings = settings::server(config, observers)?;
                settings.agent.reload = reload(&settings.agent);
                Self::Server(Server::bind(settings).await?)
            }
            false => {
                let settings = settings::agent(config, observers)?;
                Self::Client(Client::bind(AgentSettings { reload: reload(&settings), ..settings }).await?)
            }
        })
    }

    /// Reads the configuration anew whenever that is asked for, as through the API.
    fn reload_on(&self, hangups: mpsc::Receiver<()>) {
        match self {
            Self::Server(server) => drop(tokio::spawn(reload_on(server.handle().waist, hangups))),
            Self::Client(client) => drop(tokio::spawn(reload_on(client.handle().waist, hangups))),
        }
    }

    /// Where it serves HTTP, and where DNS.
    fn addresses(&self) -> (Vec<SocketAddr>, Vec<SocketAddr>) {
        match self {
            Self::Server(server) => (server.handle().http, server.handle().dns),
            Self::Client(client) => (client.handle().http, client.handle().dns),
        }
    }

    fn node_id(&self) -> &str {
        match self {
            Self::Server(server) => server.node_id(),
            Self::Client(client) => client.node_id(),
        }
    }

    async fn run(self, stop: CancellationToken, is_to_leave: impl Fn() -> bool) -> anyhow::Result<()> {
        let ended = match self {
            Self::Server(server) => server.run(stop, is_to_leave).await,
            Self::Client(client) => client.run(stop, is_to_leave).await,
        };
        match ended {
            Ended::Failed(why) => Err(anyhow::anyhow!(why)),
            Ended::Stopped | Ended::Left => Ok(()),
        }
    }
}

async fn reload_on<L: Log, P: Peers>(waist: Arc<Dispatcher<L, P>>, mut hangups: mpsc::Receiver<()>) {
    while hangups.recv().await.is_some() {
        if let Err(error) = waist.ask(api::agent::Reload {}).await {
            tracing::error!(target: "agent", %error, "the configuration stays as it was");
        }
    }
}

fn write_pid(path: &Path) -> anyhow::Result<()> {
    std::fs::write(path, std::process::id().to_string()).with_context(|| format!("pid_file {}", path.display()))
}
