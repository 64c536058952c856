//! Nodes that call each other over TCP on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use consensus::{Consensus, ConsensusConfig, Member, Node, SnapshotConfig, StateMachine, WireTransport, raft_handlers};
use dispatch::{Log, Store};
use state::Permitted;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use wire::{Connector, ServerLimits, Services};

struct Server {
    raft: Consensus,
    store: Arc<Store>,
}

async fn server(number: usize) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let node = Node { addr, node_id: format!("node-{number}"), name: format!("s{number}") };
    let store = Arc::new(Store::default());
    let transport = WireTransport::new(Box::new(|node| Ok(Connector::new(node.addr.parse().map_err(|e| format!("{e}"))?, None))));
    let config = ConsensusConfig {
        raft_multiplier: 1,
        snapshots: SnapshotConfig { threshold: 30, interval: Duration::from_millis(20), trailing: 5 },
        ..ConsensusConfig::new(node, Box::new(StateMachine::new(Arc::clone(&store))), Arc::new(transport))
    };
    let raft = Consensus::open(config).await.unwrap();
    let services = Services { raft: Some(raft_handlers(&raft.inbound(), |_| Ok(()))), ..Services::default() };
    let listener = listener.into_std().unwrap();
    raft.runtime().spawn(async move {
        let listener = TcpListener::from_std(listener).unwrap();
        wire::serve(listener, None, services, ServerLimits::default(), std::future::pending()).await;
    });
    Server { raft, store }
}

async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let wait = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_and_snapshots_travel() {
    let servers = [server(1).await, server(2).await, server(3).await];
    let voters: Vec<Member> = servers.iter().map(|server| server.raft.me().clone()).collect();
    servers[0].raft.bootstrap(voters).await.unwrap();
    until("a leader", || servers.iter().any(|server| server.raft.lease().is_ok())).await;
    let leader = servers.iter().find(|server| server.raft.lease().is_ok()).unwrap();
    // More than one message of a snapshot, whose size no boundary divides.
    let value = Bytes::from(vec![7; 40_001]);
    for number in 0..40 {
        let put = api::kv::Put { key: format!("k{number}"), value: value.clone(), ..Default::default() };
        leader.raft.propose(Permitted::internal(api::Write::KvPut(put))).await.unwrap();
    }
    leader.raft.confirm().await.unwrap();
    let expected = leader.store.snapshot();
    until("same state", || servers.iter().all(|server| *server.store.snapshot() == *expected)).await;

    until("the log was cut", || leader.raft.status().borrow().purged > 20).await;
    let fresh = server(4).await;
    leader.raft.add_learner(fresh.raft.me().clone()).await.unwrap();
    until("brought up", || *fresh.store.snapshot() == *expected).await;

    let other = servers.iter().find(|server| server.raft.me() != leader.raft.me()).unwrap();
    leader.raft.transfer_leader(other.raft.me().id).await.unwrap();
    until("the other leads", || other.raft.lease().is_ok()).await;
}
