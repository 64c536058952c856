//! Calls to servers, and what becomes of them.

use api::{Answer, Call, Code, Error};
use dispatch::{Hop, Peer, Peers};
use rpc::RpcPeers;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Reports that may wait for the keeper of the map. One that finds no place is lost: the next call fails in the same way.
const REPORTS: usize = 64;

/// How a server fared.
#[derive(Debug)]
pub(crate) enum Report {
    /// It could not be reached, or did not answer.
    Failed(Arc<Peer>),
    /// It answered after it had failed.
    Answered(Arc<Peer>),
}

/// The servers as peers. A call to one that gossip gives up is given up at once; the waist then tries another if it may.
pub struct ServerPeers {
    rpc: RpcPeers,
    live: watch::Receiver<Live>,
    reports: mpsc::Sender<Report>,
}

/// What the keeper of the map tells [`ServerPeers`]. It changes when servers come, go or fail: rarely.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    /// Servers that gossip shows alive.
    pub(crate) servers: Vec<Arc<Peer>>,
    /// Those of them whose answer would be news.
    pub(crate) failed: bool,
}

impl ServerPeers {
    /// Carries calls by `rpc`. The other ends are the keeper's.
    pub(crate) fn new(rpc: RpcPeers) -> (Self, watch::Sender<Live>, mpsc::Receiver<Report>) {
        let (tell, live) = watch::channel(Live::default());
        let (reports, news) = mpsc::channel(REPORTS);
        (Self { rpc, live, reports }, tell, news)
    }

    fn report(&self, peer: &Arc<Peer>, result: &Result<Answer, Error>) {
        let report = match result {
            Err(error) if error.kind() == Code::Lost => Report::Failed(Arc::clone(peer)),
            _ if self.live.borrow().failed => Report::Answered(Arc::clone(peer)),
            _ => return,
        };
        let _ = self.reports.try_send(report);
    }
}

impl Peers for ServerPeers {
    async fn send(&self, hop: &Hop, call: Call) -> Result<Answer, Error> {
        let Hop::Server(peer) = hop else { return self.rpc.send(hop, call).await };
        let mut live = self.live.clone();
        let gone = live.wait_for(|live| !live.servers.contains(peer));
        let result = tokio::select! {
            biased;
            result = self.rpc.send(hop, call) => result,
            _ = gone => Err(Error::new(Code::Lost, format!("rpc error making call: server {} ({}) has failed", peer.name, peer.addr))),
        };
        self.report(peer, &result);
        result
    }
}
