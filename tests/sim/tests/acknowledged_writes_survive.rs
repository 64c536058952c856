//! A write that was acknowledged is there, once, for everyone who asks: whoever dies, restarts, or is cut off.
//!
//! Whole servers (raft on a real log, state, dispatcher) on a network that a seed tears apart. Every key is written by one call, and
//! only if it does not exist: a call that is told that it does was carried out twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use api::{Call, Code, Consistency, Error, kv};
use consensus::{Consensus, ConsensusConfig, Member, Node, Placement, Role as RaftRole, SnapshotConfig, StateMachine};
use dispatch::{Dispatcher, Map, Peer, Role, Settings, Store, locals};
use parking_lot::Mutex;
use rand::RngExt;
use rand::rngs::SmallRng;
use sim::{Calls, Network, Seed, each_seed, paced_time};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const SERVERS: usize = 3;
const CLIENTS: usize = 6;
/// How long the network is torn apart, in virtual time.
const TURMOIL: Duration = Duration::from_secs(40);
/// How long everything may take to come together again.
const PATIENCE: Duration = Duration::from_secs(60);

type Dispatching = Arc<Dispatcher<Consensus, Calls>>;

/// A server that runs.
struct Server {
    raft: Consensus,
    dispatcher: Dispatching,
    store: Arc<Store>,
    upkeep: tokio::task::JoinHandle<()>,
}

/// What the clients share: a way to every server, and what they were told.
#[derive(Clone)]
struct Told {
    servers: Arc<Mutex<Vec<Option<Dispatching>>>>,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
}

fn addr(number: usize) -> SocketAddr {
    ([127, 0, 0, 1], 8300 + u16::try_from(number).unwrap()).into()
}

fn peer(number: usize) -> Arc<Peer> {
    Arc::new(Peer { id: format!("id-{number}"), name: format!("s{number}"), addr: addr(number) })
}

async fn start(network: &Network, number: usize, disk: &tempfile::TempDir, seed: u64) -> Server {
    let store = Arc::new(Store::default());
    let node = Node { addr: addr(number).to_string(), node_id: format!("id-{number}"), name: format!("s{number}") };
    let machine = Box::new(StateMachine::new(Arc::clone(&store)));
    let raft = Consensus::open(ConsensusConfig {
        data_dir: Some(disk.path().to_owned()),
        raft_multiplier: 1,
        // So that restarts begin from snapshots, and who lags is sent one.
        snapshots: SnapshotConfig { threshold: 60, interval: Duration::from_secs(1), trailing: 20 },
        placement: Placement::Caller,
        ..ConsensusConfig::new(node, machine, Arc::new(network.from(addr(number))))
    });
    let raft = raft.await.unwrap();
    let calls = network.from(addr(number));
    let dispatcher = Dispatcher::new(raft.clone(), calls, Arc::clone(&store), locals().0, Settings::default(), seed);
    let dispatcher = Arc::new(dispatcher);
    network.plug_raft(addr(number), &raft);
    network.plug(addr(number), Arc::clone(&dispatcher));
    let upkeep = tokio::spawn(keep_map(number, raft.clone(), Arc::clone(&dispatcher)));
    Server { raft, dispatcher, store, upkeep }
}

/// Redraws a server's map whenever raft knows better who leads.
async fn keep_map(number: usize, raft: Consensus, dispatcher: Dispatching) {
    let mut status = raft.status();
    loop {
        let (leading, leader) = {
            let now = status.borrow_and_update();
            (now.role == RaftRole::Leader, now.leader.as_ref().and_then(|leader| leader.node.addr.parse::<SocketAddr>().ok()))
        };
        let others = || (0..SERVERS).filter(|other| *other != number).map(peer);
        dispatcher.set_map(Map {
            here: Some("dc1".into()),
            role: Role::Server,
            leading,
            leader: others().find(|peer| Some(peer.addr) == leader),
            servers: others().collect(),
            ..Map::default()
        });
        if status.changed().await.is_err() {
            return;
        }
    }
}

/// One client: writes keys that nobody else writes, and reads what anyone was told is written.
async fn client(number: usize, told: Told, mut rng: SmallRng, until: Instant) {
    let mut written = 0;
    while Instant::now() < until {
        sleep(Duration::from_millis(rng.random_range(0..200))).await;
        let server = told.servers.lock()[rng.random_range(0..SERVERS)].clone();
        let Some(server) = server else { continue };
        let time_left = Duration::from_millis(rng.random_range(100..5_000));
        if rng.random_bool(0.5) {
            let key = format!("{number}-{written}");
            written += 1;
            // The process that a client talks to may die with his call.
            let call = Call { time_left, ..Call::new(kv::Put { key: key.clone(), value: "x".into(), cas: Some(0), ..Default::default() }) };
            match timeout(time_left, server.call(call)).await {
                Ok(Ok(answer)) => {
                    let api::Reply::KvPut(applied) = answer.reply.reply().unwrap() else { panic!("another reply") };
                    assert!(applied.ok, "{key} was written twice");
                    told.acknowledged.lock().insert(key);
                }
                Ok(Err(error)) => assert_ne!(error.kind(), Code::Protocol, "{error:?}"),
                Err(_) => {}
            }
        } else {
            let some = told.acknowledged.lock().iter().nth(rng.random_range(0..200)).cloned();
            let Some(key) = some else { continue };
            let consistency = if rng.random_bool(0.5) { Consistency::Default } else { Consistency::Consistent };
            if let Ok(Ok(found)) = timeout(time_left, holds(&server, &key, consistency, time_left)).await {
                assert!(found, "{key} was acknowledged, and {consistency:?} does not find it");
            }
        }
    }
}

async fn holds(server: &Dispatcher<Consensus, Calls>, key: &str, consistency: Consistency, time_left: Duration) -> Result<bool, Error> {
    let answer = server.call(Call { consistency, time_left, ..Call::new(kv::Get { key: key.to_owned() }) }).await?;
    let api::Reply::KvGet(found) = answer.reply.reply()? else { panic!("another reply") };
    Ok(!found.entries.is_empty())
}

struct World {
    network: Network,
    disks: Vec<tempfile::TempDir>,
    servers: Vec<Server>,
    told: Told,
    rng: SmallRng,
}

impl World {
    async fn new(seed: Seed) -> Self {
        let network = Network::new(seed.rng(1), Duration::from_millis(20));
        let disks: Vec<_> = (0..SERVERS).map(|_| tempfile::tempdir().unwrap()).collect();
        let mut servers = Vec::new();
        for (number, disk) in disks.iter().enumerate() {
            servers.push(start(&network, number, disk, seed.0).await);
        }
        let voters: Vec<Member> = servers.iter().map(|server| server.raft.me().clone()).collect();
        assert!(servers[0].raft.bootstrap(voters).await.unwrap());
        let ways = servers.iter().map(|server| Some(Arc::clone(&server.dispatcher))).collect();
        let told = Told { servers: Arc::new(Mutex::new(ways)), acknowledged: Arc::default() };
        Self { network, disks, servers, told, rng: seed.rng(2) }
    }

    /// One more thing goes wrong, or all is well for a while.
    async fn turmoil(&mut self) {
        let victim = self.rng.random_range(0..SERVERS);
        match self.rng.random_range(0..10) {
            0 | 1 => {
                for other in (0..SERVERS).filter(|other| *other != victim) {
                    self.network.cut(addr(victim), addr(other));
                    self.network.cut(addr(other), addr(victim));
                }
            }
            // One way only.
            2 => self.network.cut(addr(victim), addr((victim + 1) % SERVERS)),
            3 => self.network.lose(self.rng.random_range(0.0..0.3)),
            4 | 5 => self.restart(victim).await,
            6 => {
                let to = self.servers[victim].raft.me().id;
                for server in &self.servers {
                    // Only the leader can, and it may fail.
                    let _ = server.raft.transfer_leader(to).await;
                }
            }
            _ => self.network.heal(),
        }
        sleep(Duration::from_millis(self.rng.random_range(100..3_000))).await;
    }

    /// The process ends, and another begins on its disk.
    async fn restart(&mut self, number: usize) {
        self.network.unplug(addr(number));
        self.told.servers.lock()[number] = None;
        let old = &self.servers[number];
        old.upkeep.abort();
        old.raft.shutdown().await;
        self.servers[number] = start(&self.network, number, &self.disks[number], self.rng.random_range(0..u64::MAX)).await;
        self.told.servers.lock()[number] = Some(Arc::clone(&self.servers[number].dispatcher));
    }

    /// Every server has every acknowledged key, and all have the same state.
    async fn settled(&self) -> bool {
        let acknowledged = self.told.acknowledged.lock().clone();
        for server in &self.servers {
            for key in &acknowledged {
                let stale = Consistency::Stale { max: None };
                if !holds(&server.dispatcher, key, stale, PATIENCE).await.unwrap_or(false) {
                    return false;
                }
            }
        }
        self.servers.iter().all(|server| *server.store.snapshot() == *self.servers[0].store.snapshot())
    }
}

async fn story(seed: Seed) {
    let mut world = World::new(seed).await;
    let until = Instant::now() + TURMOIL;
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client(number, world.told.clone(), seed.rng(100 + number as u64), until));
    }
    while Instant::now() < until {
        world.turmoil().await;
    }
    world.network.heal();
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let count = world.told.acknowledged.lock().len();
    assert!(count > 20, "only {count} writes were acknowledged: nothing was shown");
    let together = async {
        while !world.settled().await {
            sleep(Duration::from_millis(100)).await;
        }
    };
    if timeout(PATIENCE, together).await.is_err() {
        let acknowledged = world.told.acknowledged.lock().clone();
        for (number, server) in world.servers.iter().enumerate() {
            let mut lost = Vec::new();
            for key in &acknowledged {
                if !holds(&server.dispatcher, key, Consistency::Stale { max: None }, PATIENCE).await.unwrap_or(false) {
                    lost.push(key);
                }
            }
            eprintln!("s{number}: {:?}, without {lost:?}", *server.raft.status().borrow());
        }
        panic!("not all of {count} acknowledged writes are everywhere within {PATIENCE:?}");
    }
    for server in &world.servers {
        server.upkeep.abort();
        server.raft.shutdown().await;
    }
}

#[test]
fn every_acknowledged_write_is_everywhere_once() {
    each_seed(4, |seed| paced_time(story(seed)));
}
