//! What all connections of a listener share.

use crate::connections::Connections;
use crate::unsent::Unsent;
use crate::{HttpConfig, Logs};
use dispatch::Dispatcher;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// What happened here, for `/v1/agent/metrics`.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests answered.
    pub requests: AtomicU64,
    /// Of these, with a status of 500 or above.
    pub failures: AtomicU64,
    /// Connections refused since there were too many.
    pub refused: AtomicU64,
}

/// Whom they ask, what they go by, and how many of them there are.
pub(crate) struct Shared<L, P> {
    pub(crate) dispatcher: Arc<Dispatcher<L, P>>,
    pub(crate) config: watch::Receiver<Arc<HttpConfig>>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) unsent: Arc<Unsent>,
    /// Places for answers that are compressed while they are sent.
    pub(crate) compressors: Arc<Semaphore>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) logs: Option<Arc<dyn Logs>>,
    /// The drain time is over: what is still under way is dropped.
    pub(crate) over: CancellationToken,
}

impl<L, P> Shared<L, P> {
    /// What holds now.
    pub(crate) fn config(&self) -> Arc<HttpConfig> {
        Arc::clone(&self.config.borrow())
    }
}
