//! Whole nodes, wired together in one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use consensus::{ChangeError, LeaseError, OpenError, ProposeError, Role, SnapshotConfig};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use world::{PATIENCE, Server, Setup, Wires, cluster, leader, server};

fn disk(dir: &tempfile::TempDir) -> Setup {
    Setup { data_dir: Some(dir.path().to_owned()), ..Setup::default() }
}

fn dirs() -> Vec<tempfile::TempDir> {
    (0..4).map(|_| tempfile::tempdir().unwrap()).collect()
}

async fn write_all(server: &Server, names: impl Iterator<Item = usize>) {
    for name in names {
        server.write(&format!("w{name}")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_survive_the_leader() {
    let wires = Wires::default();
    let mut servers = cluster(&wires, 3, |_| Setup::default()).await;
    let first = leader(&servers.iter().collect::<Vec<_>>()).await;
    write_all(&servers[first], 0..20).await;

    // The leader dies without a word.
    let dead = servers.remove(first);
    wires.unplug(dead.addr());
    drop(dead);

    let second = leader(&servers.iter().collect::<Vec<_>>()).await;
    write_all(&servers[second], 20..30).await;
    let expected: Vec<String> = (0..30).map(|name| format!("w{name}")).collect();
    for server in &servers {
        server.holds(30).await;
        assert_eq!(server.bodies(), expected);
    }
    // Same entries, same stamps, and the clock went on where the other had been.
    assert_eq!(servers[0].journal.applied(), servers[1].journal.applied());
    assert!(servers[0].journal.applied().is_sorted_by_key(|(stamp, _)| *stamp));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_names_the_leader_and_reads_nothing() {
    let wires = Wires::default();
    let servers = cluster(&wires, 3, |_| Setup::default()).await;
    let first = leader(&servers.iter().collect::<Vec<_>>()).await;
    let follower = &servers[(first + 1) % 3];
    let expected = Some(servers[first].raft.me().clone());
    follower.until("knows the leader", |now| now.leader == expected).await;
    assert_eq!(follower.write("x").await, Err(ProposeError::NotLeader { leader: expected.clone() }));
    assert_eq!(follower.raft.lease_read(), Err(LeaseError::NotLeader { leader: expected }));
    assert!(follower.raft.last_contact().unwrap() < Duration::from_secs(1));
    assert_eq!(servers[first].raft.last_contact(), Some(Duration::ZERO));
    assert_eq!(servers[first].raft.followers().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_cut_off_loses_its_lease_before_another_writes() {
    let wires = Wires::default();
    let servers = cluster(&wires, 3, |_| Setup::default()).await;
    let first = leader(&servers.iter().collect::<Vec<_>>()).await;
    write_all(&servers[first], 0..1).await;
    wires.cut(servers[first].addr());

    let others: Vec<&Server> = servers.iter().filter(|server| server.id() != servers[first].id()).collect();
    let second = others[leader(&others).await];
    // Checked before the new leader can have acknowledged anything.
    assert!(servers[first].raft.lease_read().is_err());
    assert!(servers[first].raft.confirm_leader().await.is_err());
    // It says of itself that it may not lead any more, and how old what it has may be.
    assert_eq!(servers[first].raft.known_leader(), None);
    assert!(servers[first].raft.last_contact().is_some_and(|age| age >= Duration::from_millis(100)));
    second.write("after").await.unwrap();

    wires.heal();
    servers[first].until("follows", |now| now.leader.as_ref().is_some_and(|leader| leader.id == second.id())).await;
    servers[first].holds(2).await;
    assert_eq!(servers[first].bodies(), ["w0", "after"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_serves_all_who_wait() {
    let wires = Wires::default();
    let servers = cluster(&wires, 3, |_| Setup::default()).await;
    let first = leader(&servers.iter().collect::<Vec<_>>()).await;
    let readers: Vec<_> = (0..200)
        .map(|_| {
            let raft = servers[first].raft.clone();
            tokio::spawn(async move { raft.confirm_leader().await })
        })
        .collect();
    for reader in readers {
        tokio::time::timeout(PATIENCE, reader).await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leadership_is_handed_over_and_its_lease_with_it() {
    let wires = Wires::default();
    let servers = cluster(&wires, 3, |_| Setup::default()).await;
    let first = leader(&servers.iter().collect::<Vec<_>>()).await;
    let next = (first + 1) % 3;
    servers[first].raft.transfer_leader(servers[next].id()).await.unwrap();
    assert!(servers[first].raft.lease_read().is_err());
    let second = leader(&servers.iter().collect::<Vec<_>>()).await;
    assert_eq!(second, next);
    servers[second].write("x").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_from_disk_gives_the_same_state() {
    let (wires, dirs) = (Wires::default(), dirs());
    let servers = cluster(&wires, 3, |number| disk(&dirs[number])).await;
    let first = leader(&servers.iter().collect::<Vec<_>>()).await;
    write_all(&servers[first], 0..50).await;
    let before = servers[first].journal.applied();
    let ids: Vec<_> = servers.iter().map(Server::id).collect();
    for server in &servers {
        server.holds(50).await;
    }
    for server in &servers {
        wires.unplug(server.addr());
        server.raft.shutdown().await;
    }
    drop(servers);

    let mut servers = Vec::new();
    for (number, dir) in dirs.iter().enumerate().skip(1).take(3) {
        servers.push(server(&wires, number, disk(dir)).await);
    }
    assert_eq!(servers.iter().map(Server::id).collect::<Vec<_>>(), ids);
    let first = leader(&servers.iter().collect::<Vec<_>>()).await;
    assert_eq!(servers[first].journal.applied(), before);
    let clock = servers[first].raft.clock().now_ms();
    assert!(clock >= before.last().unwrap().0, "the clock went back to {clock}");
    write_all(&servers[first], 50..51).await;
    assert_eq!(servers[first].bodies().len(), 51);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_node_is_brought_up_by_a_snapshot() {
    let (wires, dirs) = (Wires::default(), dirs());
    let snapshots = SnapshotConfig { threshold: 50, interval: Duration::from_millis(20), trailing: 5 };
    let setup = |number: usize| Setup { snapshots, ..disk(&dirs[number]) };
    let servers = cluster(&wires, 1, setup).await;
    leader(&[&servers[0]]).await;
    let big = "x".repeat(100_000);
    for _ in 0..60 {
        servers[0].write(&big).await.unwrap();
    }
    servers[0].until("the log was cut", |now| now.purged > 40).await;

    let fresh = server(&wires, 2, Setup { snapshots, ..disk(&dirs[2]) }).await;
    servers[0].raft.add_learner(fresh.raft.me().clone()).await.unwrap();
    fresh.holds(60).await;
    assert_eq!(fresh.journal.applied(), servers[0].journal.applied());
    fresh.until("was sent a snapshot", |now| now.snapshot > 0).await;

    // And restarts from what it was sent.
    wires.unplug(fresh.addr());
    fresh.raft.shutdown().await;
    drop(fresh);
    let again = server(&wires, 2, Setup { snapshots, ..disk(&dirs[2]) }).await;
    again.holds(60).await;
    assert_eq!(again.journal.applied(), servers[0].journal.applied());

    servers[0].raft.promote(again.id()).await.unwrap();
    again.until("votes", |now| now.is_voter && now.voters == 2).await;
    for dir in [&dirs[1], &dirs[2]] {
        let raft = dir.path().join("raft");
        let held = [vec![raft.clone(), raft.join("raft.db")], files(&raft.join("snapshots"))].concat();
        assert!(held.len() > 2, "{held:?}");
        assert_eq!(held.iter().filter(|path| open_to_others(path)).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_log_is_cut_short_is_settled_anew_while_it_runs() {
    let wires = Wires::default();
    let never = SnapshotConfig { threshold: 1 << 40, interval: Duration::from_secs(3600), trailing: 1 << 40 };
    let servers = cluster(&wires, 1, |_| Setup { snapshots: never, ..Setup::default() }).await;
    leader(&[&servers[0]]).await;
    write_all(&servers[0], 0..60).await;
    let soon = SnapshotConfig { threshold: 50, interval: Duration::from_millis(20), trailing: 1 << 40 };
    servers[0].raft.set_snapshots(soon);
    servers[0].until("a snapshot", |now| now.snapshot >= 50).await;
    assert_eq!(servers[0].raft.status().borrow().purged, 0, "all is kept below it");
    // What is there by now may go at once.
    servers[0].raft.set_snapshots(SnapshotConfig { trailing: 10, ..soon });
    servers[0].until("the log was cut", |now| now.purged >= now.snapshot - 10).await;
    assert_eq!(servers[0].bodies().len(), 60);
}

fn files(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect()
}

fn open_to_others(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o077 != 0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_others_could_read_is_closed_to_them() {
    let (wires, dir) = (Wires::default(), tempfile::tempdir().unwrap());
    let raft = dir.path().join("raft");
    std::fs::create_dir(&raft).unwrap();
    std::fs::set_permissions(&raft, std::fs::Permissions::from_mode(0o755)).unwrap();
    let _server = server(&wires, 1, disk(&dir)).await;
    assert!(!open_to_others(&raft));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_and_go() {
    let wires = Wires::default();
    let servers = cluster(&wires, 3, |_| Setup::default()).await;
    let first = &servers[leader(&servers.iter().collect::<Vec<_>>()).await];
    let stranger = server(&wires, 4, Setup::default()).await;
    assert_eq!(first.raft.promote(stranger.id()).await, Err(ChangeError::Unknown(stranger.id())));
    assert!(!first.raft.bootstrap([first.raft.me().clone()]).await.unwrap(), "a cluster is started once");

    first.raft.add_learner(stranger.raft.me().clone()).await.unwrap();
    assert_eq!(first.raft.membership().learners, [stranger.raft.me().clone()]);
    first.raft.promote(stranger.id()).await.unwrap();
    assert_eq!(first.raft.membership().voters.len(), 4);
    first.raft.demote(stranger.id()).await.unwrap();
    first.raft.remove(stranger.id()).await.unwrap();
    let membership = first.raft.membership();
    assert_eq!((membership.voters.len(), membership.learners.len(), membership.changing), (3, 0, false));

    // The leader removes itself, and another takes over.
    first.raft.remove(first.id()).await.unwrap();
    let rest: Vec<&Server> = servers.iter().filter(|server| server.id() != first.id()).collect();
    let second = rest[leader(&rest).await];
    second.write("x").await.unwrap();
    assert_eq!(second.raft.membership().voters.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_is_used_once_and_by_its_node() {
    let (wires, dir) = (Wires::default(), tempfile::tempdir().unwrap());
    let one = server(&wires, 1, disk(&dir)).await;
    let open = |number: usize| {
        let node = consensus::Node { addr: String::new(), node_id: format!("node-{number}"), name: String::new() };
        let config = consensus::ConsensusConfig {
            data_dir: Some(dir.path().to_owned()),
            ..consensus::ConsensusConfig::new(node, Box::new(world::Journal::default()), std::sync::Arc::new(Nowhere))
        };
        consensus::Consensus::open(config)
    };
    assert!(matches!(open(1).await.err().unwrap(), OpenError::Locked { .. }));
    one.raft.shutdown().await;
    let error = open(2).await.err().unwrap();
    assert!(matches!(&error, OpenError::Foreign { found, .. } if found == "node-1"), "{error}");

    let log = dir.path().join("raft/raft.db");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes[..64].fill(0xff);
    std::fs::write(&log, bytes).unwrap();
    let error = open(1).await.err().unwrap();
    assert!(matches!(&error, OpenError::Damaged { path, .. } if path.ends_with("raft.db")), "{error}");

    std::fs::remove_file(&log).unwrap();
    std::fs::write(dir.path().join("raft/snapshots/1-1-1.snap"), b"").unwrap();
    let error = open(1).await.err().unwrap();
    assert!(error.to_string().contains("expected the log that belongs to snapshots/"), "{error}");
}

/// A network without anyone on it.
struct Nowhere;

impl consensus::Transport for Nowhere {
    fn append<'a>(&'a self, to: &'a consensus::Node, _: bytes::Bytes, _: Duration) -> consensus::TransportFuture<'a> {
        Box::pin(async { Err(consensus::TransportError::Unreachable(to.addr.clone())) })
    }

    fn vote<'a>(&'a self, to: &'a consensus::Node, body: bytes::Bytes, within: Duration) -> consensus::TransportFuture<'a> {
        self.append(to, body, within)
    }

    fn transfer<'a>(&'a self, to: &'a consensus::Node, body: bytes::Bytes, within: Duration) -> consensus::TransportFuture<'a> {
        self.append(to, body, within)
    }

    fn snapshot<'a>(
        &'a self,
        to: &'a consensus::Node,
        _: tokio::sync::mpsc::Receiver<bytes::Bytes>,
        within: Duration,
    ) -> consensus::TransportFuture<'a> {
        self.append(to, bytes::Bytes::new(), within)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_alone_leads_at_once_and_again_after_a_restart() {
    let (wires, dir) = (Wires::default(), tempfile::tempdir().unwrap());
    let servers = cluster(&wires, 1, |_| disk(&dir)).await;
    leader(&[&servers[0]]).await;
    servers[0].write("x").await.unwrap();
    servers[0].raft.shutdown().await;
    assert_eq!(servers[0].raft.status().borrow().role, Role::Stopped);
    drop(servers);
    let again = server(&wires, 1, disk(&dir)).await;
    leader(&[&again]).await;
    assert_eq!(again.bodies(), ["x"]);
    again.raft.confirm_leader().await.unwrap();
}
