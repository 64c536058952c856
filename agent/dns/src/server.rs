//! Listeners, and what they serve.

use crate::config::DnsConfig;
use crate::counters::Counters;
use crate::edge::Edge;
use crate::listener::Bound;
use crate::{tcp, udp};
use dispatch::{Dispatcher, Log, Peers};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long answers under way may take after the stop.
const DRAIN: Duration = Duration::from_secs(1);

/// All listeners of a process, and what they serve.
pub struct DnsServer<L, P> {
    bound: Vec<Bound>,
    edge: Arc<Edge<L, P>>,
    over: CancellationToken,
}

impl<L: Log, P: Peers> DnsServer<L, P> {
    /// Serves `dispatcher` on listeners that are bound already.
    #[must_use]
    pub fn new(bound: Vec<Bound>, dispatcher: Arc<Dispatcher<L, P>>, config: DnsConfig) -> Self {
        let over = CancellationToken::new();
        Self { bound, edge: Arc::new(Edge::new(dispatcher, config, over.clone())), over }
    }

    /// What happens here.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.edge.counters
    }

    /// Where it listens.
    pub fn addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.bound.iter().map(Bound::addr)
    }

    /// Serves until `stop`, then lets answers that are under way go out, but not for long: whoever asked asks another soon.
    pub async fn run(self, stop: CancellationToken) {
        let Self { bound, edge, over } = self;
        let (listeners, answers) = (TaskTracker::new(), TaskTracker::new());
        for Bound { udp: socket, tcp: listener, .. } in bound {
            listeners.spawn(udp::serve(Arc::new(socket), Arc::clone(&edge), answers.clone(), stop.clone()));
            listeners.spawn(tcp::serve(listener, Arc::clone(&edge), answers.clone(), stop.clone()));
        }
        listeners.close();
        listeners.wait().await;
        stop.cancelled().await;
        answers.close();
        if tokio::time::timeout(DRAIN, answers.wait()).await.is_err() {
            tracing::debug!(left = answers.len(), "DNS answers were still under way at the end of the drain time");
        }
        over.cancel();
    }
}
