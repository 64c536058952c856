//! The datacenter's own state under raft, through the waist.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use api::{Code, Reply, kv};
use consensus::{Consensus, ConsensusConfig, Member, Node, SnapshotConfig, StateMachine};
use dispatch::{Log, Store};
use state::Permitted;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use world::{PATIENCE, Wires};

struct Server {
    raft: Consensus,
    store: Arc<Store>,
}

async fn server(wires: &Wires, number: usize, data_dir: Option<&Path>) -> Server {
    let addr = format!("127.0.0.{number}:8300");
    let node = Node { addr: addr.clone(), node_id: format!("node-{number}"), name: format!("s{number}") };
    let store = Arc::new(Store::default());
    let config = ConsensusConfig {
        data_dir: data_dir.map(Path::to_owned),
        raft_multiplier: 1,
        snapshots: SnapshotConfig { threshold: 100, interval: Duration::from_millis(20), trailing: 10 },
        ..ConsensusConfig::new(node, Box::new(StateMachine::new(Arc::clone(&store))), wires.of(&addr))
    };
    let raft = Consensus::open(config).await.unwrap();
    wires.plug(&raft);
    Server { raft, store }
}

async fn cluster(wires: &Wires, dirs: &[tempfile::TempDir]) -> Vec<Server> {
    let mut servers = Vec::new();
    for (number, dir) in dirs.iter().enumerate().take(3) {
        servers.push(server(wires, number + 1, Some(dir.path())).await);
    }
    let voters: Vec<Member> = servers.iter().map(|server| server.raft.me().clone()).collect();
    servers[0].raft.bootstrap(voters).await.unwrap();
    servers
}

async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let wait = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what}: not in {PATIENCE:?}"));
}

async fn leader(servers: &[Server]) -> &Server {
    until("a leader", || servers.iter().any(|server| server.raft.lease().is_ok())).await;
    servers.iter().find(|server| server.raft.lease().is_ok()).unwrap()
}

fn put(key: &str, value: &str) -> Permitted {
    Permitted::internal(api::Write::KvPut(kv::Put { key: key.into(), value: value.to_owned().into(), ..Default::default() }))
}

async fn write(server: &Server, count: usize) {
    for number in 0..count {
        let proposed = server.raft.propose(put(&format!("key/{}", number % 30), &number.to_string())).await.unwrap();
        assert!(matches!(proposed.reply, Reply::KvPut(_)));
        // Read your writes, from the published state.
        assert_eq!(server.store.snapshot().index(), proposed.index);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_servers_come_to_the_same_state_and_find_it_again() {
    let wires = Wires::default();
    let dirs: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let servers = cluster(&wires, &dirs).await;
    let first = leader(&servers).await;
    write(first, 250).await;
    first.raft.confirm().await.unwrap();
    assert_eq!(first.raft.contact(), dispatch::Contact { known_leader: true, last_ms: Some(0) });

    let expected = first.store.snapshot();
    until("same state", || servers.iter().all(|server| *server.store.snapshot() == *expected)).await;
    let follower = servers.iter().find(|server| server.raft.me() != first.raft.me()).unwrap();
    let refused = follower.raft.propose(put("x", "y")).await.err().unwrap();
    assert_eq!(refused.kind(), Code::NotLeader, "{refused}");
    assert!(refused.proves_unprocessed());

    // A snapshot brings up a new server: the log below it is gone.
    until("the log was cut", || first.raft.status().borrow().purged > 100).await;
    let fresh = server(&wires, 4, None).await;
    first.raft.add_learner(fresh.raft.me().clone()).await.unwrap();
    until("brought up", || *fresh.store.snapshot() == *expected).await;

    // All stop, and start again from their disks.
    for server in &servers {
        wires.unplug(&server.raft.me().node.addr);
        server.raft.shutdown().await;
    }
    drop(servers);
    let mut servers = Vec::new();
    for (number, dir) in dirs.iter().enumerate().take(3) {
        servers.push(server(&wires, number + 1, Some(dir.path())).await);
    }
    let again = leader(&servers).await;
    assert!(*again.store.snapshot() == *expected);
    write(again, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_makes_no_sense_stops_the_node_with_its_name() {
    let wires = Wires::default();
    let node = server(&wires, 1, None).await;
    node.raft.bootstrap([node.raft.me().clone()]).await.unwrap();
    until("a leader", || node.raft.lease().is_ok()).await;
    // What a newer server might have written.
    let answer = node.raft.commit(bytes::Bytes::from_static(&[0xfa, 0x7f, 0x00])).await.unwrap_err();
    assert!(answer.may_have_been_processed());
    let fatal = tokio::time::timeout(PATIENCE, node.raft.fatal()).await.unwrap().to_string();
    assert!(fatal.contains("operation 2047: operation unknown to this server"), "{fatal}");
    assert!(node.raft.lease().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_write_survives_the_leader() {
    let wires = Wires::default();
    let dirs: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let mut servers = cluster(&wires, &dirs).await;
    let first = leader(&servers).await.raft.me().clone();
    let at = servers.iter().position(|server| server.raft.me() == &first).unwrap();
    write(&servers[at], 40).await;
    let expected = servers[at].store.snapshot();
    wires.unplug(&first.node.addr);
    drop(servers.remove(at));

    let second = leader(&servers).await;
    assert!(*second.store.snapshot() == *expected);
    write(second, 10).await;
}
