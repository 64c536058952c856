//! `delian gateway`.

mod reload;

use crate::internal_rpc::{self, Process};
use crate::settings::gossip_key;
use crate::{host, logs, pages, signals};
use anyhow::{Context, bail};
use config::GatewayConfig;
use gateway::{Gateway, GatewaySettings, Ports};
use reload::Reloader;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const USAGE: &str = "Usage: delian gateway -config-file PATH [-config-file PATH ...]

  Runs the gateway of a datacenter: it joins the datacenter to the others of
  the federation. The file, HCL or JSON, says datacenter, primary_datacenter,
  node_name, bind_addr, data_dir, encrypt, retry_join, retry_join_wan, and
  tls.internal_rpc if the servers have it; several files add up, later ones
  win.
";

/// Reads the configuration, runs the gateway until it is told to end.
pub(crate) fn run(words: &[OsString]) -> anyhow::Result<ExitCode> {
    let Some(paths) = paths(words)? else {
        write!(std::io::stdout(), "{USAGE}")?;
        return Ok(ExitCode::SUCCESS);
    };
    let (started, host) = (config::load::read(&paths, None)?, host::host());
    let config = config::resolve_gateway(&started, &host)?;
    let guard = logs::at_level(config.log_level, &config.telemetry, &config.datacenter, &config.node_name)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let settings = GatewaySettings { tracer: guard.tracer(), ..settings(&config)? };
    let (rpc_is_configured, level) = (settings.internal_rpc.is_some(), guard.level_switch());
    let ended = runtime.block_on(serve(&config, settings, Reloader { paths, started, host, rpc_is_configured, level }));
    runtime.shutdown_timeout(Duration::from_secs(1));
    guard.shutdown(Duration::from_secs(2));
    ended
}

fn paths(words: &[OsString]) -> anyhow::Result<Option<Vec<PathBuf>>> {
    let mut paths = Vec::new();
    let mut words = words.iter().map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        let flag = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or("");
        match flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.to_owned()))) {
            ("h" | "help", _) => return Ok(None),
            ("config-file" | "config-dir", value) => {
                let value = value.or_else(|| words.next().map(|word| word.into_owned()));
                paths.push(PathBuf::from(value.with_context(|| format!("flag needs an argument: -{flag}"))?));
            }
            ("", _) => bail!("Unexpected extra argument: {word:?}"),
            (name, _) => bail!("flag provided but not defined: -{name}"),
        }
    }
    if paths.is_empty() { Ok(None) } else { Ok(Some(paths)) }
}

async fn serve(config: &GatewayConfig, settings: GatewaySettings, reloader: Reloader) -> anyhow::Result<ExitCode> {
    let gateway = Gateway::bind(settings).await?;
    let handle = gateway.handle();
    let mut out = std::io::stdout();
    writeln!(out, "==> Starting Delian gateway...")?;
    writeln!(out, "   Node name: '{}'", config.node_name)?;
    writeln!(out, "  Datacenter: '{}' (Primary: '{}')", config.datacenter, config.primary_datacenter)?;
    writeln!(out, "         LAN: {}", handle.lan().advertised())?;
    writeln!(out, "         WAN: {}", handle.wan_addr())?;
    writeln!(out, "         RPC: {}", handle.rpc_addr())?;
    writeln!(out, "     Encrypt: Gossip: {}\n", config.encrypt.is_some())?;
    out.flush()?;
    for warning in &config.warnings {
        tracing::warn!(target: "gateway", "{warning}");
    }
    let stop = CancellationToken::new();
    let wished = CancellationToken::new();
    let (hangup, hangups) = mpsc::channel(1);
    signals::watch(wished.clone(), true, true, Some(hangup)).context("cannot watch for signals")?;
    let running = tokio::spawn(gateway.run(stop.clone()));
    tokio::spawn(pages::keep_few());
    tokio::spawn(reloader.run(handle.clone(), hangups));
    wished.cancelled().await;
    // Other datacenters hear that it goes, rather than to find out.
    if !handle.leave(Duration::from_secs(5)).await {
        tracing::warn!(target: "gateway", "the pools were not left in time");
    }
    stop.cancel();
    running.await.context("the gateway ended badly")?;
    Ok(ExitCode::SUCCESS)
}

fn settings(config: &GatewayConfig) -> anyhow::Result<GatewaySettings> {
    let defaults = GatewaySettings::new(&config.datacenter, &config.node_name);
    let port = |port: Option<u16>, what: &str| port.with_context(|| format!("ports.{what}: a gateway needs it"));
    Ok(GatewaySettings {
        primary_datacenter: config.primary_datacenter.clone(),
        data_dir: Some(config.data_dir.clone()),
        bind: config.bind_addr,
        advertise: Some(config.advertise_addr),
        advertise_wan: Some(config.advertise_addr_wan),
        ports: Ports {
            serf_lan: port(config.ports.serf_lan, "serf_lan")?,
            serf_wan: port(config.ports.serf_wan, "serf_wan")?,
            rpc: config.ports.grpc.unwrap_or(defaults.ports.rpc),
        },
        domain: config.domain.trim_end_matches('.').to_owned(),
        encrypt: gossip_key(config.encrypt.as_ref())?,
        internal_rpc: internal_rpc::certificates(&config.internal_rpc, Process::ServerOrGateway)?,
        retry_join: config.retry_join.addrs.clone(),
        retry_join_wan: config.retry_join_wan.addrs.clone(),
        ..defaults
    })
}
