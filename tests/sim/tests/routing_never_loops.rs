//! Whatever the maps of its processes say, a call ends: it passes through no more processes than it may, and leaves no datacenter twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use api::{Attempt, Call, Code, Consistency, Datacenter, MAX_HOPS, catalog, kv, operator};
use dispatch::{Hop, Map, Peer, Role, route};
use rand::rngs::SmallRng;
use rand::{Rng, RngExt};
use sim::each_seed;
use std::net::SocketAddr;
use std::sync::Arc;

/// Worlds per run, and calls in each.
const WORLDS: u64 = 400;
const CALLS: usize = 200;

struct Process {
    peer: Arc<Peer>,
    map: Map,
}

/// Processes with maps that were drawn by lot: several leaders, none, servers of elsewhere, gateways that are gone.
struct World {
    processes: Vec<Process>,
    datacenters: Vec<Datacenter>,
}

impl World {
    fn new(rng: &mut SmallRng) -> Self {
        let datacenters: Vec<Datacenter> = (1..=rng.random_range(1..6)).map(|number| Datacenter(format!("dc{number}"))).collect();
        let count = rng.random_range(2..30_u16);
        let peers: Vec<Arc<Peer>> = (0..count).map(peer).collect();
        let processes = peers.iter().map(|peer| Process { peer: Arc::clone(peer), map: map(rng, &peers, &datacenters) }).collect();
        Self { processes, datacenters }
    }

    fn at(&self, addr: SocketAddr) -> usize {
        self.processes.iter().position(|process| process.peer.addr == addr).unwrap()
    }
}

fn peer(number: u16) -> Arc<Peer> {
    Arc::new(Peer { id: String::new(), name: format!("p{number}"), addr: ([127, 0, 0, 1], 1 + number).into() })
}

fn some<T: Clone>(rng: &mut SmallRng, of: &[T], most: usize) -> Vec<T> {
    (0..rng.random_range(0..=most)).map(|_| of[rng.random_range(0..of.len())].clone()).collect()
}

fn map(rng: &mut SmallRng, peers: &[Arc<Peer>], datacenters: &[Datacenter]) -> Map {
    let mut known = some(rng, datacenters, datacenters.len() * 2);
    known.sort();
    known.dedup();
    let ruled_out = |rng: &mut SmallRng| match rng.random_range(0..4) {
        0 => vec![Attempt { hop: "gateway".to_owned(), reason: "by lot".to_owned(), age_ms: 0 }],
        _ => Vec::new(),
    };
    Map {
        here: rng.random_bool(0.95).then(|| datacenters[rng.random_range(0..datacenters.len())].clone()),
        role: [Role::Server, Role::Client, Role::Gateway][rng.random_range(0..3)],
        leading: rng.random_bool(0.1),
        leader: some(rng, peers, 1).pop(),
        servers: some(rng, peers, 4),
        gateways: some(rng, peers, 3),
        level: None,
        datacenters: known.into_iter().map(|dc| (dc, ruled_out(rng))).collect(),
    }
}

fn call(rng: &mut SmallRng, datacenters: &[Datacenter]) -> Call {
    let mut call = match rng.random_range(0..4) {
        0 => Call::new(kv::Put { key: "k".to_owned(), ..Default::default() }),
        1 => Call::new(operator::StatusLeader::default()),
        2 => Call::new(catalog::Datacenters::default()),
        _ => Call::new(kv::Get { key: "k".to_owned() }),
    };
    call.consistency = [Consistency::Default, Consistency::Consistent, Consistency::Stale { max: None }][rng.random_range(0..3)];
    // One that nobody knows is among them.
    let unknown = Datacenter("nowhere".to_owned());
    call.dc = rng.random_bool(0.8).then(|| datacenters.get(rng.random_range(0..=datacenters.len())).unwrap_or(&unknown).clone());
    call
}

/// Follows a call from process to process, as they would pass it on.
fn follow(world: &World, rng: &mut SmallRng, mut call: Call) {
    let mut at = rng.random_range(0..world.processes.len());
    let mut path = vec![at];
    loop {
        let process = &world.processes[at];
        if call.dc.is_some() && call.dc == process.map.here {
            call.dc = None;
        }
        let hop = match route(&call, &process.map, rng.next_u64(), &[]) {
            Ok(Hop::Here) => return,
            Ok(hop) => hop,
            Err(error) => {
                // A refusal proves that nothing was done, and says what was considered.
                assert!(error.proves_unprocessed(), "{error:?}");
                assert!(error.kind() != Code::NoPath || !error.why.is_empty(), "{error:?} does not say why, after {path:?}");
                return;
            }
        };
        call.hops_left = call.hops_left.checked_sub(1).expect("a call without hops left is passed on");
        at = match hop {
            Hop::Here => unreachable!(),
            Hop::Leader(peer) | Hop::Server(peer) | Hop::Gateway(peer) => world.at(peer.addr),
            Hop::Datacenter(_) => {
                let left = process.map.here.clone().expect("a process that knows no datacenter of its own leaves none");
                assert!(!call.via.contains(&left), "{left} is left twice: {:?}, {path:?}", call.via);
                call.via.push(left);
                // The far end is whoever answers there, and it may be anyone.
                rng.random_range(0..world.processes.len())
            }
        };
        path.push(at);
        assert!(path.len() <= MAX_HOPS as usize + 1, "through {path:?}");
    }
}

#[test]
fn a_call_ends_whatever_the_maps_say() {
    each_seed(WORLDS, |seed| {
        let mut rng = seed.rng(0);
        let world = World::new(&mut rng);
        for _ in 0..CALLS {
            let call = call(&mut rng, &world.datacenters);
            follow(&world, &mut rng, call);
        }
    });
}

/// Two servers that each take the other for the leader: the commonest inconsistency there is.
#[test]
fn two_who_take_each_other_for_the_leader_give_up() {
    let (a, b) = (peer(0), peer(1));
    let map = |leader: &Arc<Peer>| Map { here: Some("dc1".into()), leader: Some(Arc::clone(leader)), ..Map::default() };
    let maps = [map(&b), map(&a)];
    let mut call = Call::new(kv::Put::default());
    for hop in 0..=MAX_HOPS {
        match route(&call, &maps[hop as usize % 2], 0, &[]) {
            Ok(Hop::Leader(_)) => call.hops_left -= 1,
            other => return assert!(hop == MAX_HOPS && other.is_err_and(|error| error.kind() == Code::Protocol)),
        }
    }
    panic!("it goes on");
}
