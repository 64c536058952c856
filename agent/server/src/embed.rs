//! The gateway within a server: for datacenters that have no gateway process, as Consul's have none.

use crate::Settings;
use gateway::{Embedded, Gateway, GatewaySettings, Handle, Ports};
use lan::LanHandle;
use node::{Identity, Kind, Trust, peers};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a gateway process may take to show itself before a server takes its place.
const GRACE: Duration = Duration::from_secs(3);

/// Starts the gateway within this server, once, when it is needed.
pub(crate) struct Embed {
    settings: Settings,
    parts: Embedded,
    running: Mutex<Option<Handle>>,
    /// Where it takes calls, for this server's tags.
    port: watch::Sender<Option<u16>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Embed {
    pub(crate) fn new(
        settings: Settings,
        lan: LanHandle,
        trust: Arc<Trust>,
        identity: Arc<Identity>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let parts = Embedded { lan, trust, identity };
        Arc::new(Self { settings, parts, running: Mutex::default(), port: watch::Sender::new(None), tasks, stop })
    }

    /// Where it takes calls, once it runs.
    pub(crate) fn port(&self) -> watch::Receiver<Option<u16>> {
        self.port.subscribe()
    }

    /// What runs, if anything does.
    pub(crate) async fn running(&self) -> Option<Handle> {
        self.running.lock().await.clone()
    }

    /// Starts it where the configuration says `retry_join_wan` and no gateway process shows itself.
    pub(crate) async fn when_alone(self: Arc<Self>) {
        if self.settings.retry_join_wan.is_empty() {
            return;
        }
        let mut pool = self.parts.lan.members();
        let has_gateway = pool.wait_for(|pool| !peers(pool, Kind::Gateway, &self.settings.agent.node_name).is_empty());
        let alone = tokio::select! {
            biased;
            () = self.stop.cancelled() => return,
            found = tokio::time::timeout(GRACE, has_gateway) => found.is_err(),
        };
        if alone && let Err(error) = self.ensure().await {
            tracing::error!(target: "gateway", %error, "the gateway within this server does not run");
        }
    }

    /// The gateway within this server, started if need be.
    ///
    /// # Errors
    /// When its ports cannot be had.
    pub(crate) async fn ensure(&self) -> Result<Handle, String> {
        let mut running = self.running.lock().await;
        if let Some(handle) = &*running {
            return Ok(handle.clone());
        }
        let gateway = Gateway::embed(self.gateway_settings(), self.parts.clone()).await.map_err(|error| error.to_string())?;
        let handle = gateway.handle();
        tracing::info!(target: "gateway", wan = %handle.wan_addr(), "this server is its datacenter's gateway");
        self.port.send_replace(Some(handle.rpc_addr().port()));
        self.tasks.spawn(gateway.run(self.stop.clone()));
        *running = Some(handle.clone());
        Ok(handle)
    }

    fn gateway_settings(&self) -> GatewaySettings {
        let settings = &self.settings;
        GatewaySettings {
            primary_datacenter: settings.agent.primary_datacenter.clone(),
            domain: settings.agent.domain.clone(),
            bind: settings.agent.bind,
            advertise: Some(settings.agent.advertise),
            advertise_wan: Some(settings.agent.advertise_wan),
            ports: Ports { serf_lan: settings.agent.lan_port, serf_wan: settings.wan_port, rpc: 0 },
            encrypt: settings.agent.encrypt.clone(),
            retry_join_wan: settings.retry_join_wan.clone(),
            wan: settings.gossip_wan.clone(),
            dev: settings.dev,
            tracer: settings.agent.tracer.clone(),
            ..GatewaySettings::new(&settings.agent.datacenter, &settings.agent.node_name)
        }
    }
}
