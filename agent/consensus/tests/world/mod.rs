//! Nodes in one process, on a network that a test can cut.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub(crate) mod journal;

use bytes::Bytes;
use consensus::{
    Consensus, ConsensusConfig, Inbound, Member, Node, RaftId, Role, SnapshotConfig, Status, Transport, TransportError, TransportFuture,
};
pub(crate) use journal::Journal;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// Tests give up after this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Who is where, and who cannot hear whom. Nodes are known by address.
#[derive(Clone, Default)]
pub(crate) struct Wires(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    nodes: BTreeMap<String, Inbound>,
    cut_off: BTreeSet<String>,
}

impl Wires {
    /// Puts a node on the network, or back on it.
    pub(crate) fn plug(&self, node: &Consensus) {
        self.0.lock().unwrap().nodes.insert(node.me().node.addr.clone(), node.inbound());
    }

    /// The network as the node at `addr` uses it.
    pub(crate) fn of(&self, addr: &str) -> Arc<dyn Transport> {
        Arc::new(Wire { from: addr.to_owned(), wires: self.clone() })
    }

    /// Takes a node off for good.
    pub(crate) fn unplug(&self, addr: &str) {
        self.0.lock().unwrap().nodes.remove(addr);
    }

    /// Lets nothing through from or to this node.
    pub(crate) fn cut(&self, addr: &str) {
        self.0.lock().unwrap().cut_off.insert(addr.to_owned());
    }

    /// Ends all cuts.
    pub(crate) fn heal(&self) {
        self.0.lock().unwrap().cut_off.clear();
    }

    fn way(&self, from: &str, to: &str) -> Result<Inbound, TransportError> {
        let plan = self.0.lock().unwrap();
        let up = !plan.cut_off.contains(from) && !plan.cut_off.contains(to);
        plan.nodes.get(to).filter(|_| up).cloned().ok_or_else(|| TransportError::Unreachable(to.to_owned()))
    }
}

/// The network as one node uses it.
struct Wire {
    from: String,
    wires: Wires,
}

impl Wire {
    fn call<'a, F, R>(&'a self, to: &'a Node, within: Duration, call: F) -> TransportFuture<'a>
    where
        F: FnOnce(Inbound) -> R + Send + 'a,
        R: Future<Output = Result<Bytes, consensus::InboundError>> + Send + 'a,
    {
        Box::pin(async move {
            let inbound = self.wires.way(&self.from, &to.addr)?;
            let answer = tokio::time::timeout(within, call(inbound)).await.map_err(|_| TransportError::Broken("time".to_owned()))?;
            // The answer has to get through too.
            self.wires.way(&self.from, &to.addr)?;
            answer.map_err(|error| TransportError::Broken(error.to_string()))
        })
    }
}

impl Transport for Wire {
    fn append<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a> {
        self.call(to, within, move |node| async move { node.append(body).await })
    }

    fn vote<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a> {
        self.call(to, within, move |node| async move { node.vote(body).await })
    }

    fn transfer<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a> {
        self.call(to, within, move |node| async move { node.transfer(body).await })
    }

    fn snapshot<'a>(&'a self, to: &'a Node, messages: mpsc::Receiver<Bytes>, within: Duration) -> TransportFuture<'a> {
        self.call(to, within, move |node| async move { node.snapshot(messages).await })
    }
}

/// A node and what the test knows of it.
pub(crate) struct Server {
    pub(crate) raft: Consensus,
    pub(crate) journal: Journal,
}

/// Settings of a server in a test.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) snapshots: SnapshotConfig,
}

/// Starts server `number`.
pub(crate) async fn server(wires: &Wires, number: usize, setup: Setup) -> Server {
    let addr = format!("127.0.0.{number}:8300");
    let node = Node { addr: addr.clone(), node_id: format!("node-{number}"), name: format!("s{number}") };
    let journal = Journal::default();
    let wire = wires.of(&addr);
    let config = ConsensusConfig {
        data_dir: setup.data_dir,
        raft_multiplier: 1,
        snapshots: setup.snapshots,
        ..ConsensusConfig::new(node, Box::new(journal.clone()), wire)
    };
    let raft = Consensus::open(config).await.unwrap();
    wires.plug(&raft);
    Server { raft, journal }
}

/// Servers 1 to `count`, as one cluster.
pub(crate) async fn cluster(wires: &Wires, count: usize, setup: impl Fn(usize) -> Setup) -> Vec<Server> {
    let mut servers = Vec::new();
    for number in 1..=count {
        servers.push(server(wires, number, setup(number)).await);
    }
    let voters: Vec<Member> = servers.iter().map(|server| server.raft.me().clone()).collect();
    assert!(servers[0].raft.bootstrap(voters).await.unwrap());
    servers
}

impl Server {
    pub(crate) fn id(&self) -> RaftId {
        self.raft.me().id
    }

    pub(crate) fn addr(&self) -> &str {
        &self.raft.me().node.addr
    }

    /// Waits until the status is as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl FnMut(&Status) -> bool) -> Status {
        let mut status = self.raft.status();
        let reached = tokio::time::timeout(PATIENCE, status.wait_for(wanted)).await;
        let now = self.raft.status().borrow().clone();
        reached.unwrap_or_else(|_| panic!("{what}: still {now:?}")).unwrap().clone()
    }

    /// Writes a line.
    pub(crate) async fn write(&self, body: &str) -> Result<(), consensus::ProposeError> {
        self.raft.commit(Bytes::copy_from_slice(body.as_bytes())).await.map(drop)
    }

    /// Waits until that many bodies were applied here.
    pub(crate) async fn holds(&self, count: usize) {
        let held = async {
            while self.journal.applied().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, held).await.unwrap_or_else(|_| panic!("{count} bodies: {}", self.journal.applied().len()));
    }

    /// Bodies applied here.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.journal.applied().into_iter().map(|(_, body)| String::from_utf8(body.to_vec()).unwrap()).collect()
    }
}

/// Waits until one of the servers leads and may read, and returns which.
pub(crate) async fn leader(servers: &[&Server]) -> usize {
    let found = async {
        loop {
            if let Some(leader) = servers.iter().position(|s| s.raft.status().borrow().role == Role::Leader && s.raft.lease_read().is_ok())
            {
                return leader;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("a leader")
}
