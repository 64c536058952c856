//! `delian dev`: whole datacenters in one process on loopback, to try things out.

mod plan;
mod show;
mod trace;

use crate::settings::Observers;
use anyhow::Context;
use desk::Ended;
use gateway::{Gateway, GatewaySettings};
use plan::Plan;
use server::{Handle, Server};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry::{FinishedSpans, LogSettings, Settings, TraceSettings};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long the datacenters may take to find each other.
const PATIENCE: Duration = Duration::from_secs(30);

/// Spans kept, more than a call has.
const SPANS: usize = 256;

/// Starts the datacenters, shows a call from one to another, and stays until it is told to end.
pub(crate) fn run(words: &[OsString]) -> anyhow::Result<ExitCode> {
    let Some(plan) = Plan::parse(words)? else {
        write!(std::io::stdout(), "{}", plan::USAGE)?;
        return Ok(ExitCode::SUCCESS);
    };
    let log = LogSettings { level: crate::logs::level(plan.log_level), ..LogSettings::default() };
    let spans = FinishedSpans::new(SPANS);
    // Only a call that asks for it: the shown one does.
    let traces = TraceSettings { ratio: Some(0.0), sink: Some(Arc::clone(&spans)), ..TraceSettings::default() };
    let guard = telemetry::init(Settings { log, traces }).context("telemetry")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let ended = runtime.block_on(serve(&plan, &Observers::of(&guard), &spans));
    runtime.shutdown_timeout(Duration::from_secs(1));
    guard.shutdown(Duration::from_secs(2));
    ended
}

/// A datacenter that runs.
struct Datacenter {
    name: String,
    servers: Vec<Handle>,
}

async fn serve(plan: &Plan, observers: &Observers, spans: &FinishedSpans) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    crate::signals::watch(stop.clone(), false, false, None).context("cannot watch for signals")?;
    let mut datacenters = Vec::new();
    let mut wan: Vec<String> = Vec::new();
    for number in 1..=plan.datacenters {
        let datacenter = start(plan, number, &mut wan, observers, &stop, &tasks).await?;
        datacenters.push(datacenter);
    }
    let ready = tokio::time::timeout(PATIENCE, show::until_ready(&datacenters));
    tokio::select! {
        biased;
        () = stop.cancelled() => return Ok(ExitCode::SUCCESS),
        ready = ready => ready.context("the datacenters did not find each other")?,
    }
    show::everything(&datacenters, began.elapsed(), spans).await?;
    tokio::spawn(crate::pages::keep_few());
    stop.cancelled().await;
    tasks.close();
    if tokio::time::timeout(Duration::from_secs(15), tasks.wait()).await.is_err() {
        tracing::warn!("still busy at the end of the drain time");
    }
    Ok(ExitCode::SUCCESS)
}

async fn start(
    plan: &Plan,
    number: u32,
    wan: &mut Vec<String>,
    observers: &Observers,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> anyhow::Result<Datacenter> {
    let name = format!("dc{number}");
    let (mut servers, mut lan): (Vec<Handle>, Vec<String>) = (Vec::new(), Vec::new());
    for n in 1..=plan.servers {
        let settings = plan.server(number, n, &lan, observers.clone())?;
        let server = Server::bind(settings).await.with_context(|| format!("server {n} of {name}"))?;
        let handle = server.handle();
        lan.push(handle.lan.advertised().to_string());
        servers.push(handle);
        let (stop, name) = (stop.clone(), name.clone());
        tasks.spawn(async move {
            if let Ended::Failed(why) = server.run(stop, || false).await {
                tracing::error!(datacenter = %name, "a server ended: {why}");
            }
        });
    }
    let settings = GatewaySettings { tracer: observers.tracer.clone(), ..plan.gateway(number, &lan, wan)? };
    let gateway = Gateway::bind(settings).await.with_context(|| format!("gateway of {name}"))?;
    wan.push(gateway.handle().wan_addr().to_string());
    tasks.spawn(gateway.run(stop.clone()));
    Ok(Datacenter { name, servers })
}
