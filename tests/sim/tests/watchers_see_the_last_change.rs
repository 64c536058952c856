//! Whoever watches sees the last change, and nobody's index falls: through restarts, snapshots, archives and changes of the leader.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use api::catalog::{Deregister, NodeRow, Register, Select, ServiceRow};
use api::{Answer, Call, Consistency, Op, Wait, catalog, health, kv};
use dispatch::{Dispatcher, Map, Peer, Role, Settings, Store, locals};
use parking_lot::Mutex;
use rand::RngExt;
use rand::rngs::SmallRng;
use sim::{Calls, Entries, Network, Replica, Seed, each_seed, virtual_time};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const REPLICAS: usize = 3;
const WATCHERS: usize = 40;
const STEPS: usize = 400;
/// Nobody waits so long for a change that has happened: a wake-up that is missed shows.
const FOREVER: Duration = Duration::from_secs(100 * 3600);
/// What is left of the way after the last change: retries towards a leader, and delays.
const SETTLE: Duration = Duration::from_secs(30);

type Server = Arc<Dispatcher<Replica, Calls>>;

struct World {
    network: Network,
    log: Entries,
    /// Replaced by a restart.
    servers: Vec<Server>,
    rng: SmallRng,
    archive: Option<state::State>,
    seed: Seed,
    restarts: u64,
}

/// What a watcher saw last. Its index counts within one session: the process it watches, on its life.
struct Seen {
    op: Op,
    consistency: Consistency,
    last: Mutex<Option<Answer>>,
}

fn addr(number: usize) -> SocketAddr {
    ([127, 0, 0, 1], 8300 + u16::try_from(number).unwrap()).into()
}

fn peer(number: usize) -> Arc<Peer> {
    Arc::new(Peer { id: format!("id-{number}"), name: format!("s{number}"), addr: addr(number) })
}

impl World {
    fn new(seed: Seed) -> Self {
        let network = Network::new(seed.rng(1), Duration::from_millis(5));
        let log = Entries::default();
        let mut world = Self { network, log, servers: Vec::new(), rng: seed.rng(2), archive: None, seed, restarts: 0 };
        for number in 0..REPLICAS {
            let store = Arc::new(Store::default());
            let replica = Replica::new(number, world.log.clone(), Arc::clone(&store));
            let server = world.serve(number, replica, store);
            world.servers.push(server);
        }
        world.draw_maps();
        world
    }

    fn serve(&mut self, number: usize, replica: Replica, store: Arc<Store>) -> Server {
        self.restarts += 1;
        let seed = self.seed.0.wrapping_add(self.restarts);
        let server = Dispatcher::new(replica, self.network.from(addr(number)), store, locals().0, Settings::default(), seed);
        let server = Arc::new(server);
        self.network.plug(addr(number), Arc::clone(&server));
        server
    }

    fn draw_maps(&self) {
        let leader = self.log.leader();
        for (number, server) in self.servers.iter().enumerate() {
            server.set_map(Map {
                here: Some("dc1".into()),
                role: Role::Server,
                leading: number == leader,
                leader: (number != leader).then(|| peer(leader)),
                servers: (0..REPLICAS).filter(|other| *other != number).map(peer).collect(),
                ..Map::default()
            });
        }
    }

    /// One thing happens.
    async fn step(&mut self, watchers: &mut Watchers) {
        match self.rng.random_range(0..100) {
            0..70 => {
                let op = write(&mut self.rng);
                let at = self.rng.random_range(0..REPLICAS);
                // A refused write, for instance of an unknown node's service, is a fine thing to happen too.
                let _ = self.servers[at].call(Call { op: Arc::new(op), ..Call::new(kv::Get::default()) }).await;
            }
            70..80 => {
                let leader = self.rng.random_range(0..REPLICAS);
                // Who is elected has all that was committed.
                self.servers[leader].log().apply(usize::MAX);
                self.log.lead(leader);
                self.draw_maps();
            }
            80..86 => {
                let number = self.rng.random_range(0..REPLICAS);
                let snapshot = self.servers[self.log.leader()].log().clone();
                self.servers[number].log().install(&snapshot);
            }
            86..91 => self.restart(watchers),
            91..94 => self.archive = Some(self.servers[self.log.leader()].log().state()),
            94..96 => {
                if let Some(archive) = self.archive.take() {
                    self.log.restore(archive);
                    self.servers[self.log.leader()].log().apply(usize::MAX);
                }
            }
            96..98 => {
                self.log.pass(self.rng.random_range(0..20 * 60 * 1000));
                let leader = &self.servers[self.log.leader()];
                for reap in leader.log().state().due(self.log.clock_ms()) {
                    leader.decide(reap.write().clone()).await.unwrap();
                }
            }
            _ => tokio::time::sleep(Duration::from_secs(self.rng.random_range(0..3600))).await,
        }
        for server in &self.servers {
            let most = self.rng.random_range(0..3);
            server.log().apply(most);
        }
        tokio::time::sleep(Duration::from_micros(self.rng.random_range(0..10_000))).await;
    }

    /// A server ends and starts again from its snapshot. Its watchers ask anew, as clients whose connection broke do.
    fn restart(&mut self, watchers: &mut Watchers) {
        let number = self.rng.random_range(0..REPLICAS);
        if number == self.log.leader() {
            return;
        }
        self.network.unplug(addr(number));
        let (store, before) = (Arc::new(Store::default()), self.servers[number].log().clone());
        self.servers[number] = self.serve(number, Replica::restarted(&before, Arc::clone(&store)), store);
        self.draw_maps();
        watchers.move_to(number, &self.servers[number]);
    }
}

/// A random write, on few names so that they meet.
fn write(rng: &mut SmallRng) -> Op {
    let name = |rng: &mut SmallRng| ["a", "a/b", "a/b/c", "ab", "x"][rng.random_range(0..5)].to_owned();
    let node = |rng: &mut SmallRng| format!("n{}", rng.random_range(0..3));
    match rng.random_range(0..10) {
        0..5 => {
            let value = rng.random_range(0..4_u32).to_string().into();
            let cas = rng.random_bool(0.2).then(|| rng.random_range(0..20));
            kv::Put { key: name(rng), value, cas, ..Default::default() }.into()
        }
        5 => kv::Delete { key: name(rng), ..Default::default() }.into(),
        6 => kv::Delete { key: name(rng), recurse: true, ..Default::default() }.into(),
        7 | 8 => {
            let row = NodeRow { node: node(rng), address: format!("10.0.0.{}", rng.random_range(1..3)), ..Default::default() };
            let service = ServiceRow { id: "web".into(), service: "web".into(), port: rng.random_range(1..3), ..Default::default() };
            Register { node: Some(row), service: rng.random_bool(0.7).then_some(service), ..Default::default() }.into()
        }
        _ => {
            let service_id = if rng.random_bool(0.5) { "web" } else { "" }.to_owned();
            Deregister { node: node(rng), service_id, ..Default::default() }.into()
        }
    }
}

/// A random question about what [`write`] changes.
fn question(rng: &mut SmallRng) -> Op {
    let name = |rng: &mut SmallRng| ["a", "a/b", "a/b/c", "ab", "x", ""][rng.random_range(0..6)].to_owned();
    match rng.random_range(0..7) {
        0 | 1 => kv::Get { key: name(rng) }.into(),
        2 => kv::List { prefix: name(rng) }.into(),
        3 => kv::Keys { prefix: name(rng), separator: "/".into() }.into(),
        4 => catalog::Nodes { select: Select::default() }.into(),
        5 => health::Service { name: "web".into(), ..Default::default() }.into(),
        _ => catalog::Node { node: "n1".into(), ..Default::default() }.into(),
    }
}

/// All who watch, and what they saw.
struct Watchers {
    all: Vec<(usize, Arc<Seen>, tokio::task::JoinHandle<()>)>,
}

impl Watchers {
    fn new(world: &mut World) -> Self {
        let mut all = Vec::new();
        for _ in 0..WATCHERS {
            let at = world.rng.random_range(0..REPLICAS);
            let consistency =
                [Consistency::Default, Consistency::Consistent, Consistency::Stale { max: None }][world.rng.random_range(0..3)];
            let seen = Arc::new(Seen { op: question(&mut world.rng), consistency, last: Mutex::default() });
            let task = tokio::spawn(watch(Arc::clone(&world.servers[at]), Arc::clone(&seen)));
            all.push((at, seen, task));
        }
        Self { all }
    }

    /// Those who watched server `number` watch its next life.
    fn move_to(&mut self, number: usize, server: &Server) {
        for (at, seen, task) in self.all.iter_mut().filter(|(at, ..)| *at == number) {
            assert!(!task.is_finished() || *at != number, "a watcher gave up");
            task.abort();
            *task = tokio::spawn(watch(Arc::clone(server), Arc::clone(seen)));
        }
    }
}

/// Watches one thing at one server, as Consul's clients do: ask, and ask again with the index of the answer.
async fn watch(server: Server, seen: Arc<Seen>) {
    let mut index = 0;
    loop {
        let call = Call {
            op: Arc::new(seen.op.clone()),
            consistency: seen.consistency,
            wait: Some(Wait { index, limit: FOREVER }),
            time_left: FOREVER,
            ..Call::new(kv::Get::default())
        };
        match server.call(call).await {
            Ok(answer) => {
                assert!(answer.meta.index >= index, "{}: the index fell from {index} to {}", seen.op.name(), answer.meta.index);
                index = answer.meta.index;
                *seen.last.lock() = Some(answer);
            }
            // A leader that changed too often meanwhile.
            Err(error) => assert!(error.is_transient() || error.proves_unprocessed(), "{}: {error:?}", seen.op.name()),
        }
    }
}

async fn story(seed: Seed) {
    let mut world = World::new(seed);
    let mut watchers = Watchers::new(&mut world);
    for _ in 0..STEPS {
        world.step(&mut watchers).await;
    }
    // Everyone applies all there is; nothing else happens.
    for server in &world.servers {
        server.log().apply(usize::MAX);
    }
    tokio::time::sleep(SETTLE).await;
    let states: Vec<state::State> = world.servers.iter().map(|server| server.log().state()).collect();
    assert!(states.iter().all(|state| *state == states[0]), "the replicas differ");

    for (at, seen, task) in watchers.all {
        assert!(!task.is_finished(), "{}: a watcher gave up", seen.op.name());
        let call = Call { op: Arc::new(seen.op.clone()), consistency: seen.consistency, ..Call::new(kv::Get::default()) };
        let now = world.servers[at].call(call).await.unwrap();
        let last = seen.last.lock().clone().unwrap_or_else(|| panic!("{} by {:?}: never answered", seen.op.name(), seen.consistency));
        let (now_reply, last_reply) = (now.reply.reply().unwrap(), last.reply.reply().unwrap());
        let about = format!("{} by {:?} at server {at} (leader {})", seen.op.name(), seen.consistency, world.log.leader());
        assert!(
            now_reply == last_reply,
            "{about}: the last change was missed: {last_reply:?} at {}, now {now_reply:?} at {}",
            last.meta.index,
            now.meta.index
        );
        // Reaping, and what is absent, move an index without waking anybody.
        assert!(last.meta.index <= now.meta.index, "{}: index {} is behind {}", seen.op.name(), now.meta.index, last.meta.index);
        task.abort();
    }
}

#[test]
fn every_watcher_has_the_last_change_and_no_index_falls() {
    each_seed(60, |seed| virtual_time(story(seed)));
}
