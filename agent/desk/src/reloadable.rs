//! What an agent takes of a configuration that is read anew, and where it goes.

use crate::AgentSettings;
use crate::watches::Watch;
use edge_dns::DnsConfig;
use edge_http::HttpConfig;
use node::{RpcCertificates, Trust};
use rustls::ServerConfig;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use telemetry::{Level, LevelSwitch, MetricsSettings};
use tokio::sync::watch;

/// What of an agent's settings is replaced while it runs.
#[derive(Clone)]
pub struct Reloadable {
    /// Least important level that is logged.
    pub log_level: Level,
    /// Metadata of its node.
    pub node_meta: BTreeMap<String, String>,
    /// Its services and checks.
    pub services: services::Settings,
    /// What it watches.
    pub watches: Vec<Watch>,
    /// How HTTP is served.
    pub http: HttpConfig,
    /// The certificates of HTTPS, and what clients must show; `None` without HTTPS.
    pub https: Option<Arc<ServerConfig>>,
    /// How DNS is served.
    pub dns: DnsConfig,
    /// The operator's certificates for RPC within the datacenter.
    pub internal_rpc: Option<RpcCertificates>,
    /// When a server's log is cut short; a client has none.
    pub compaction: Compaction,
    /// How metrics are named, and which are shown; of a new value, the latter counts.
    pub metrics: MetricsSettings,
    /// What `/v1/agent/self` shows of the configuration, secrets hidden.
    pub debug_config: serde_json::Value,
}

/// When a server cuts its log short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compaction {
    /// Entries since the last snapshot that make a new one worth it.
    pub threshold: u64,
    /// How often that is looked at.
    pub interval: Duration,
    /// Entries kept below a snapshot.
    pub trailing: u64,
}

/// Reads the configuration anew.
pub trait Reload: Send + Sync {
    /// Reads files, and so may take a while. Changes nothing.
    ///
    /// # Errors
    /// What is wrong with them: then all stays as it is.
    fn read(&self) -> Result<Reread, String>;
}

/// A configuration that was read anew.
pub struct Reread {
    /// What is taken of it.
    pub now: Reloadable,
    /// Keys that were changed and are not taken, each with where it stands: a restart would.
    pub kept: Vec<String>,
    /// What else the operator should know.
    pub warnings: Vec<String>,
}

/// Where everything that can be replaced is read from. HTTPS and configured certificates are not switched on or off.
pub(crate) struct Current {
    pub(crate) http: watch::Sender<Arc<HttpConfig>>,
    pub(crate) https: Option<watch::Sender<Arc<ServerConfig>>>,
    pub(crate) dns: watch::Sender<Arc<DnsConfig>>,
    pub(crate) watches: watch::Sender<Arc<[Watch]>>,
    /// All of it, for who looks once in a while.
    all: watch::Sender<Arc<Reloadable>>,
    trust: Arc<Trust>,
    level: Option<LevelSwitch>,
}

impl Current {
    pub(crate) fn new(settings: &AgentSettings, trust: Arc<Trust>) -> Self {
        let first = settings.reloadable.clone();
        Self {
            http: watch::Sender::new(Arc::new(first.http.clone())),
            https: first.https.clone().map(watch::Sender::new),
            dns: watch::Sender::new(Arc::new(first.dns.clone())),
            watches: watch::Sender::new(first.watches.as_slice().into()),
            all: watch::Sender::new(Arc::new(first)),
            trust,
            level: settings.level.clone(),
        }
    }

    /// What counts now.
    pub(crate) fn all(&self) -> Arc<Reloadable> {
        Arc::clone(&self.all.borrow())
    }

    /// Everybody goes by `new` from now on. Nothing of it can fail.
    pub(crate) fn replace(&self, new: Reloadable) {
        if let Some(level) = &self.level {
            level.set(new.log_level);
        }
        if let Some(certificates) = &new.internal_rpc {
            self.trust.reconfigured(certificates);
        }
        if let (Some(https), Some(tls)) = (&self.https, &new.https) {
            https.send_replace(Arc::clone(tls));
        }
        self.http.send_replace(Arc::new(new.http.clone()));
        self.dns.send_replace(Arc::new(new.dns.clone()));
        self.watches.send_replace(new.watches.as_slice().into());
        self.all.send_replace(Arc::new(new));
    }
}
