//! Writes per second through three nodes in one process, each with its log on disk.
//!
//! `cargo bench -p consensus`; `WRITES_SECONDS` sets how long each row runs. The network is a function call, so this is the cost of raft,
//! the log and the state, with all three nodes sharing one machine and one disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../tests/world/mod.rs"]
mod world;

use consensus::{Consensus, ConsensusConfig, Node, Placement, StateMachine};
use dispatch::{Log, Store};
use state::Permitted;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use world::Wires;

const VALUE: usize = 100;

struct Row {
    proposers: usize,
    placement: Placement,
    on_disk: bool,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let seconds = std::env::var("WRITES_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    println!(
        "{:>9} {:>8} {:>8} {:>10} {:>10} {:>8} {:>8} {:>10}",
        "proposers", "threads", "log", "writes/s", "per fsync", "p50 ms", "p99 ms", "fsync ms"
    );
    for on_disk in [true, false] {
        for placement in [Placement::Own { threads: 2 }, Placement::Own { threads: 1 }, Placement::Caller] {
            for proposers in [1, 64, 512] {
                runtime.block_on(run(Row { proposers, placement, on_disk }, Duration::from_secs(seconds)));
            }
        }
    }
}

async fn run(row: Row, time: Duration) {
    let (wires, dir) = (Wires::default(), tempfile::tempdir().unwrap());
    let mut nodes = Vec::new();
    for number in 1..=3 {
        let addr = format!("127.0.0.{number}:8300");
        let node = Node { addr: addr.clone(), node_id: format!("node-{number}"), name: format!("s{number}") };
        let machine = StateMachine::new(Arc::new(Store::default()));
        let config = ConsensusConfig {
            data_dir: row.on_disk.then(|| dir.path().join(number.to_string())),
            raft_multiplier: 1,
            placement: row.placement,
            ..ConsensusConfig::new(node, Box::new(machine), wires.of(&addr))
        };
        let node = Consensus::open(config).await.unwrap();
        wires.plug(&node);
        nodes.push(node);
    }
    nodes[0].bootstrap(nodes.iter().map(|node| node.me().clone())).await.unwrap();
    let leader = loop {
        match nodes.iter().find(|node| node.lease().is_ok()) {
            Some(leader) => break leader.clone(),
            None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };

    let counters = leader.log_counters();
    let (entries, commits, spent) = (counters.entries(), counters.commits(), counters.commit_time());
    let (done, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let proposers: Vec<_> =
        (0..row.proposers).map(|one| tokio::spawn(propose(leader.clone(), one, began + time, Arc::clone(&done)))).collect();
    let mut latencies = Vec::new();
    for proposer in proposers {
        latencies.extend(proposer.await.unwrap());
    }
    let took = began.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let ms = |part: usize| latencies.get(latencies.len() * part / 100).map_or(0.0, |micros| f64::from(*micros) / 1e3);
    let commits = counters.commits() - commits;
    println!(
        "{:>9} {:>8} {:>8} {:>10.0} {:>10.1} {:>8.2} {:>8.2} {:>10.2}",
        row.proposers,
        match row.placement {
            Placement::Own { threads } => format!("own {threads}"),
            Placement::Caller => "shared".to_owned(),
        },
        if row.on_disk { "disk" } else { "memory" },
        done.load(Relaxed) as f64 / took,
        (counters.entries() - entries) as f64 / commits as f64,
        ms(50),
        ms(99),
        (counters.commit_time() - spent).as_secs_f64() * 1e3 / commits as f64,
    );
    for node in nodes {
        node.shutdown().await;
    }
}

/// Writes one after the other until the time is up; returns how long each took, in microseconds.
async fn propose(leader: Consensus, one: usize, until: Instant, done: Arc<AtomicU64>) -> Vec<u32> {
    let mut latencies = Vec::new();
    let mut number = 0;
    while Instant::now() < until {
        let put = api::kv::Put { key: format!("bench/{one}/{}", number % 100), value: vec![b'x'; VALUE].into(), ..Default::default() };
        let began = Instant::now();
        leader.propose(Permitted::internal(api::Write::KvPut(put))).await.unwrap();
        latencies.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
        done.fetch_add(1, Relaxed);
        number += 1;
    }
    latencies
}
