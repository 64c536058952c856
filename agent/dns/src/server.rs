//! Listeners, and what they serve.

use crate::config::DnsConfig;
use crate::counters::Counters;
use crate::edge::Edges;
use crate::listener::Bound;
use crate::{tcp, udp};
use dispatch::{Dispatcher, Log, Peers};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long answers under way may take after the stop.
const DRAIN: Duration = Duration::from_secs(1);

/// All listeners of a process, and what they serve.
pub struct DnsServer<L, P> {
    bound: Vec<Bound>,
    edges: Arc<Edges<L, P>>,
    over: CancellationToken,
}

impl<L: Log, P: Peers> DnsServer<L, P> {
    /// Serves `dispatcher` on listeners that are bound already. Each question is answered by what `config` holds; the limits on
    /// questions and connections at once are those that it begins with.
    #[must_use]
    pub fn new(bound: Vec<Bound>, dispatcher: Arc<Dispatcher<L, P>>, config: watch::Receiver<Arc<DnsConfig>>) -> Self {
        let over = CancellationToken::new();
        Self { bound, edges: Arc::new(Edges::new(dispatcher, config, over.clone())), over }
    }

    /// What happens here.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.edges.now().counters)
    }

    /// Where it listens.
    pub fn addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.bound.iter().map(Bound::addr)
    }

    /// Serves until `stop`, then lets answers that are under way go out, but not for long: whoever asked asks another soon.
    pub async fn run(self, stop: CancellationToken) {
        let Self { bound, edges, over } = self;
        let (listeners, answers) = (TaskTracker::new(), TaskTracker::new());
        for Bound { udp: socket, tcp: listener, .. } in bound {
            listeners.spawn(udp::serve(Arc::new(socket), Arc::clone(&edges), answers.clone(), stop.clone()));
            listeners.spawn(tcp::serve(listener, Arc::clone(&edges), answers.clone(), stop.clone()));
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
