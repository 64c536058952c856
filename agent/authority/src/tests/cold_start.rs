//! Trust from a cold start and back to it: who counts while certificates are missing or over, and that nobody is locked out for ever.

use super::leaves::Node;
use super::tls::handshake;
use super::world::{Clock, DAY, Server, primary};
use crate::LeafRole;
use ca::SpkiHash;
use members::{Member, Status};
use node::{Identity, Kind, ServerTags, Tags, Trust};
use rpc::Caller;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tempfile::TempDir;
use wire::PeerInfo;

/// A minute and a bit: by then all is settled.
const SETTLED: Duration = Duration::from_secs(61);

/// The disks of three servers and a gateway of dc1.
struct Disks {
    servers: [TempDir; 3],
    gateway: TempDir,
}

/// The processes on them.
struct Processes {
    servers: Vec<Node>,
    gateway: Node,
    /// Somebody with the gossip key, who says he is a server, and one who says he is a gateway.
    liars: [Trust; 2],
}

impl Disks {
    fn new() -> Self {
        Self { servers: std::array::from_fn(|_| TempDir::new().unwrap()), gateway: TempDir::new().unwrap() }
    }

    fn founders(&self) -> BTreeSet<SpkiHash> {
        self.servers.iter().map(|dir| key(dir.path())).collect()
    }

    /// Starts all processes. Servers see no leader at first.
    fn start(&self, leader: &Server, clock: &Arc<Clock>) -> Processes {
        let server = |dir: &TempDir| Node::on_disk(leader, "dc1", Some(LeafRole::Server), clock, Some(dir.path()), self.founders());
        let servers: Vec<Node> = self.servers.iter().map(server).collect();
        let gateway = Node::on_disk(leader, "dc1", Some(LeafRole::Gateway), clock, Some(self.gateway.path()), BTreeSet::new());
        let liars = std::array::from_fn(|_| {
            let identity = Identity::open(None, None).unwrap();
            Trust::open_by(&identity, "dc1", "consul", Arc::clone(clock) as _).unwrap()
        });
        let processes = Processes { servers, gateway, liars };
        let [liar, other] = &processes.liars;
        let mut pool: Vec<Member> = processes.servers.iter().map(|node| member(&node.trust, Kind::Server)).collect();
        pool.extend([member(&processes.gateway.trust, Kind::Gateway), member(liar, Kind::Server), member(other, Kind::Gateway)]);
        for trust in processes.trusts().chain(&processes.liars) {
            trust.set_members(&pool);
        }
        processes.leader(false);
        processes
    }
}

impl Processes {
    fn trusts(&self) -> impl Iterator<Item = &Trust> {
        self.servers.iter().chain([&self.gateway]).map(|node| &*node.trust)
    }

    /// The servers see a leader from now on, or none.
    fn leader(&self, seen: bool) {
        self.servers.iter().for_each(|node| node.trust.handle_leader(seen));
    }

    fn cut_off(&self, cut_off: bool) {
        self.servers.iter().chain([&self.gateway]).for_each(|node| node.cut_off.store(cut_off, Ordering::Relaxed));
    }

    async fn all_certified(&mut self) {
        for node in self.servers.iter_mut().chain([&mut self.gateway]) {
            node.is_certified(true).await;
        }
    }

    /// All servers speak raft with each other, and with the gateway as what they are.
    fn work_together(&self) {
        for one in &self.servers {
            for other in &self.servers {
                assert_eq!(call(&one.trust, &other.trust), Ok(Caller::Server));
            }
            assert_eq!(call(&self.gateway.trust, &one.trust), Ok(Caller::Gateway));
            assert!(handshake(one.trust.rpc.gateway_client(), self.gateway.trust.rpc.server()).is_ok());
        }
    }

    /// Nobody takes the liars for what they say.
    fn liars_are_nothing(&self) {
        for trust in self.trusts() {
            self.lie_to(trust);
        }
    }

    fn liars_are_nothing_to(&self, server: usize) {
        self.lie_to(&self.servers[server].trust);
    }

    fn lie_to(&self, trust: &Trust) {
        let [liar, other] = &self.liars;
        assert_eq!(call(liar, trust), Ok(Caller::Newcomer { server: true }));
        assert_eq!(call(other, trust), Ok(Caller::Newcomer { server: false }));
        for liar in &self.liars {
            assert!(handshake(trust.rpc.client(), liar.rpc.server()).is_err());
            assert!(handshake(trust.rpc.gateway_client(), liar.rpc.server()).is_err());
        }
    }
}

/// What `from` is to `to` when it dials it as a server; a gateway is only judged.
fn call(from: &Trust, to: &Trust) -> Result<Caller, String> {
    let shown = from.keys.current().chain().to_vec();
    let (client, server) = (from.rpc.client(), to.rpc.server());
    let peer = PeerInfo { addr: ([127, 0, 0, 1], 1).into(), certificates: shown.into() };
    match to.caller(&peer) {
        Caller::Server => handshake(client, server).map(|_| Caller::Server).map_err(|error| error.to_string()),
        other => Ok(other),
    }
}

fn key(dir: &Path) -> SpkiHash {
    Identity::open(Some(dir), None).unwrap().key.spki_hash()
}

fn member(trust: &Trust, kind: Kind) -> Member {
    let server = (kind == Kind::Server).then(ServerTags::default);
    let tags = Tags { datacenter: "dc1".into(), node_id: String::new(), kind, rpc_port: Some(8300), server };
    Member {
        name: String::new(),
        addr: "127.0.0.1:8301".parse().unwrap(),
        status: Status::Alive,
        generation: 1,
        tags: tags.to_map(),
        spki: trust.pin(),
        since: Duration::ZERO,
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_start_goes_from_pins_to_names() {
    let clock = Clock::new();
    let dc1 = Server::new("dc1", &clock);
    let disks = Disks::new();
    let mut dc = disks.start(&dc1, &clock);
    // Nobody has a certificate, and everyone counts as what gossip says: the liars, too.
    dc.work_together();
    assert_eq!(call(&dc.liars[0], &dc.servers[0].trust), Ok(Caller::Server));
    dc1.lead();
    dc.leader(true);
    dc.servers[0].is_certified(true).await;
    dc.liars_are_nothing_to(0);
    dc.work_together();
    dc.all_certified().await;
    dc.work_together();
    dc.liars_are_nothing();
    tokio::time::sleep(SETTLED).await;
    dc.work_together();
    dc.liars_are_nothing();
}

#[tokio::test(start_paused = true)]
async fn a_full_restart_has_names_at_once() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let disks = Disks::new();
    let mut dc = disks.start(&dc1, &clock);
    dc.all_certified().await;
    let leaves: Vec<_> = dc.servers.iter().map(Node::leaf).collect();
    drop(dc);
    tokio::time::sleep(DAY).await;
    let dc = disks.start(&dc1, &clock);
    dc.cut_off(true);
    assert!(dc.servers.iter().all(|node| *node.certified.borrow()));
    assert_eq!(dc.servers.iter().map(Node::leaf).collect::<Vec<_>>(), leaves);
    dc.work_together();
    dc.liars_are_nothing();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(dc.servers[0].count("ca.sign"), 0, "before half of its life nothing is asked for");
}

#[tokio::test(start_paused = true)]
async fn all_down_for_longer_than_leaves_live_come_back() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let disks = Disks::new();
    let mut dc = disks.start(&dc1, &clock);
    dc.all_certified().await;
    drop(dc);
    tokio::time::sleep(10 * DAY).await;
    let mut dc = disks.start(&dc1, &clock);
    dc.cut_off(true);
    assert!(!*dc.servers[0].certified.borrow());
    dc.work_together();
    dc.liars_are_nothing();
    // They find a leader, and for a while nobody has renewed.
    dc.leader(true);
    tokio::time::sleep(Duration::from_secs(30)).await;
    dc.work_together();
    dc.liars_are_nothing();
    dc.cut_off(false);
    dc.all_certified().await;
    tokio::time::sleep(SETTLED).await;
    dc.work_together();
    dc.liars_are_nothing();
}

#[tokio::test(start_paused = true)]
async fn one_down_for_longer_than_its_leaf_lives_is_a_newcomer() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let disks = Disks::new();
    let mut dc = disks.start(&dc1, &clock);
    dc.all_certified().await;
    dc.leader(true);
    // One of them cannot ask for days; its certificate ends.
    dc.servers[2].cut_off.store(true, Ordering::Relaxed);
    tokio::time::sleep(4 * DAY).await;
    assert_eq!(call(&dc.servers[2].trust, &dc.servers[0].trust), Ok(Caller::Newcomer { server: true }));
    assert!(handshake(dc.servers[0].trust.rpc.client(), dc.servers[2].trust.rpc.server()).is_err());
    assert!(handshake(dc.servers[2].trust.rpc.client(), dc.servers[0].trust.rpc.server()).is_ok(), "but it may ask the others");
    dc.servers[2].cut_off.store(false, Ordering::Relaxed);
    dc.servers[2].is_certified(true).await;
    dc.work_together();
    dc.liars_are_nothing();
}

#[tokio::test(start_paused = true)]
async fn founders_without_a_certificate_are_not_locked_out() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let disks = Disks::new();
    let mut dc = disks.start(&dc1, &clock);
    dc.servers[1].cut_off.store(true, Ordering::Relaxed);
    dc.servers[2].cut_off.store(true, Ordering::Relaxed);
    dc.servers[0].is_certified(true).await;
    // The first one dies before the others were signed anything, and is needed to elect a leader.
    drop(dc);
    let dc = disks.start(&dc1, &clock);
    dc.cut_off(true);
    assert!(*dc.servers[0].certified.borrow() && !*dc.servers[1].certified.borrow());
    dc.liars_are_nothing_to(0);
    for other in &dc.servers[1..] {
        assert_eq!(call(&other.trust, &dc.servers[0].trust), Ok(Caller::Server));
        assert_eq!(call(&dc.servers[0].trust, &other.trust), Ok(Caller::Server));
    }
    // Once there has been a leader for a while, they are newcomers like all others.
    dc.leader(true);
    tokio::time::sleep(SETTLED).await;
    assert_eq!(call(&dc.servers[1].trust, &dc.servers[0].trust), Ok(Caller::Newcomer { server: true }));
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_is_left_aside() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let dir = TempDir::new().unwrap();
    let start = || Node::on_disk(&dc1, "dc1", Some(LeafRole::Server), &clock, Some(dir.path()), BTreeSet::new());
    start().is_certified(true).await;
    let file = dir.path().join("certificates.json");
    let good = std::fs::read_to_string(&file).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let foreign = primary(&clock).await;
    let elsewhere = TempDir::new().unwrap();
    let mut other = Node::on_disk(&foreign, "dc1", Some(LeafRole::Server), &clock, Some(elsewhere.path()), BTreeSet::new());
    other.is_certified(true).await;
    let of_another_key = std::fs::read_to_string(elsewhere.path().join("certificates.json")).unwrap();
    for damaged in ["", "{}", &good[..good.len() / 2], &good.replace("\"chain\"", "\"chian\""), &of_another_key] {
        std::fs::write(&file, damaged).unwrap();
        let mut node = start();
        assert!(!*node.certified.borrow() && node.trust.certificates().is_none());
        assert_eq!(node.trust.keys.current().chain().len(), 1, "it shows its own key");
        node.is_certified(true).await;
        assert!(node.trust.certificates().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_agent_goes_by_pins_until_it_knows_the_roots() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let disks = Disks::new();
    let mut dc = disks.start(&dc1, &clock);
    dc.all_certified().await;
    let client = Node::on_disk(&dc1, "dc1", None, &clock, None, BTreeSet::new());
    client.cut_off.store(true, Ordering::Relaxed);
    let [liar, _] = &dc.liars;
    let pool = [member(&dc.servers[0].trust, Kind::Server), member(liar, Kind::Server), member(&client.trust, Kind::Client)];
    for trust in [&*client.trust, &*dc.servers[0].trust, liar] {
        trust.set_members(&pool);
    }
    let serves = |server: &Trust| handshake(client.trust.rpc.client(), server.rpc.server()).is_ok();
    assert!(serves(&dc.servers[0].trust) && serves(liar));
    client.cut_off.store(false, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(serves(&dc.servers[0].trust) && !serves(liar));
    assert_eq!(call(&client.trust, &dc.servers[0].trust), Ok(Caller::Agent));
    assert_eq!(client.count("ca.sign"), 0);
}
