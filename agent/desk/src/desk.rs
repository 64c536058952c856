//! What the desk has before it when it is asked.

use crate::events::Heard;
use crate::{AgentSettings, Current};
use edge_http::Counters;
use lan::LanHandle;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Mutex, mpsc};

/// Where an agent answers about itself.
pub(crate) struct Desk<O> {
    pub(crate) parts: Parts,
    /// What only this kind of agent knows.
    pub(crate) office: O,
    pub(crate) metrics: telemetry::Metrics,
    /// The user events that came by.
    pub(crate) heard: Heard,
    /// One reload at a time.
    pub(crate) reloading: Mutex<()>,
}

/// What the answers are made from, whichever kind of agent it is.
pub(crate) struct Parts {
    /// What the agent was told.
    pub(crate) settings: AgentSettings,
    /// What of it may have been replaced since.
    pub(crate) current: Current,
    /// Its node id.
    pub(crate) node_id: String,
    /// Its place in the LAN pool.
    pub(crate) lan: LanHandle,
    /// What its HTTP edges count.
    pub(crate) counters: Arc<Counters>,
    /// What its DNS edge counts.
    pub(crate) dns_counters: Arc<edge_dns::Counters>,
    /// When it began.
    pub(crate) started: Instant,
    /// Its services and checks.
    pub(crate) services: services::Handle,
    /// Where it is told to leave.
    pub(crate) leaving: mpsc::Sender<()>,
}

impl<O> Desk<O> {
    pub(crate) fn new(parts: Parts, office: O) -> Self {
        let metrics = telemetry::Metrics::new(parts.settings.reloadable.metrics.clone(), std::time::SystemTime::now());
        Self { parts, office, metrics, heard: Heard::new(), reloading: Mutex::default() }
    }
}
