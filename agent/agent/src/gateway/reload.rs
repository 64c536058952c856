//! A gateway's configuration read anew. There is no API to ask for it, only SIGHUP.

use crate::internal_rpc::{self, Process};
use crate::logs;
use anyhow::Context;
use config::{GatewayConfig, Host, Reloaded, Source};
use gateway::Handle;
use node::RpcCertificates;
use std::path::PathBuf;
use std::sync::Arc;
use telemetry::LevelSwitch;
use tokio::sync::mpsc;

/// What the gateway was started with.
pub(super) struct Reloader {
    /// Where its configuration is.
    pub(super) paths: Vec<PathBuf>,
    /// What was there.
    pub(super) started: Vec<Source>,
    /// The machine.
    pub(super) host: Host,
    /// Whether RPC goes by certificates of the configuration: that cannot be switched while it runs.
    pub(super) rpc_is_configured: bool,
    /// The level of the log.
    pub(super) level: LevelSwitch,
}

/// What was read.
struct Reread {
    config: GatewayConfig,
    internal_rpc: Option<RpcCertificates>,
    kept: Vec<String>,
}

impl Reloader {
    /// Has `gateway` take what it can whenever that is asked for.
    pub(super) async fn run(self, gateway: Handle, mut hangups: mpsc::Receiver<()>) {
        let this = Arc::new(self);
        while hangups.recv().await.is_some() {
            let reader = Arc::clone(&this);
            match tokio::task::spawn_blocking(move || reader.read()).await.context("reading broke off").flatten() {
                Ok(read) => this.take(read, &gateway),
                Err(error) => tracing::error!(target: "gateway", error = format!("{error:#}"), "the configuration stays as it was"),
            }
        }
    }

    fn read(&self) -> anyhow::Result<Reread> {
        let files = config::load::read(&self.paths, None)?;
        let Reloaded { config, mut kept } = config::reload_gateway(&self.started, &files, &self.host)?;
        let mut internal_rpc = internal_rpc::certificates(&config.internal_rpc, Process::ServerOrGateway)?;
        if internal_rpc.is_some() != self.rpc_is_configured {
            internal_rpc = None;
            kept.push("tls.internal_rpc".to_owned());
        }
        Ok(Reread { config, internal_rpc, kept })
    }

    fn take(&self, read: Reread, gateway: &Handle) {
        self.level.set(logs::level(read.config.log_level));
        if let Some(certificates) = &read.internal_rpc {
            gateway.reconfigured(certificates);
        }
        for warning in &read.config.warnings {
            tracing::warn!(target: "gateway", "{warning}");
        }
        for key in &read.kept {
            tracing::warn!(target: "gateway", "{key}: it was changed, and that takes a restart");
        }
        tracing::info!(target: "gateway", after_a_restart = read.kept.join(", "), "configuration read anew");
    }
}
