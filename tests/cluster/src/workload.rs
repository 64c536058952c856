//! Clients that do things at once, and write down what they saw.

use crate::{Client, Consistency, Failure, History, Kind, Op, Outcome, Value};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Operations on one key before it is left for a fresh one, which keeps the search small.
const OPS_PER_KEY: u64 = 400;

/// What the clients do.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Clients at once, each with one operation at a time.
    pub clients: usize,
    /// Keys in use at once.
    pub keys: u64,
    /// How they read.
    pub reads: Reads,
    /// How long they wait for an answer.
    pub limit: Duration,
    /// How long they pause between operations, at the most.
    pub pause: Duration,
    /// Of their choices. What comes of these depends on the processes too.
    pub seed: u64,
}

/// How clients read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reads(pub Consistency);

impl Default for Workload {
    /// Eight clients on four keys, reading with `consistent`.
    fn default() -> Self {
        Self {
            clients: 8,
            keys: 4,
            reads: Reads(Consistency::Consistent),
            limit: Duration::from_secs(1),
            pause: Duration::from_millis(4),
            seed: rand::random(),
        }
    }
}

/// A workload under way.
#[derive(Debug)]
pub struct Running {
    shared: Arc<Shared>,
    clients: JoinSet<History>,
}

#[derive(Debug)]
struct Shared {
    work: Workload,
    prefix: String,
    servers: Vec<Arc<Client>>,
    began: Instant,
    stop: AtomicBool,
    begun: AtomicU64,
    acknowledged: AtomicU64,
    next_value: AtomicU64,
}

impl Workload {
    /// Starts the clients on these servers. Keys begin with `prefix`, and must not exist.
    #[must_use]
    pub fn start(self, prefix: &str, servers: Vec<Arc<Client>>) -> Running {
        let shared = Arc::new(Shared {
            prefix: prefix.to_owned(),
            servers,
            began: Instant::now(),
            stop: AtomicBool::new(false),
            begun: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            next_value: AtomicU64::new(1),
            work: self,
        });
        let mut clients = JoinSet::new();
        for number in 0..shared.work.clients {
            let rng = SmallRng::seed_from_u64(shared.work.seed.wrapping_add(number as u64));
            clients.spawn(Actor { number, shared: Arc::clone(&shared), rng, history: History::default() }.act());
        }
        Running { shared, clients }
    }
}

impl Running {
    /// Writes acknowledged so far.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::Relaxed)
    }

    /// Ends it once every client has its last answer, and reads every key once more. Returns what all of them saw.
    pub async fn stop(mut self) -> History {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut history = History::default();
        while let Some(seen) = self.clients.join_next().await {
            history.extend(seen.unwrap());
        }
        let keys: Vec<String> = history.keys().map(str::to_owned).collect();
        let rng = SmallRng::seed_from_u64(self.shared.work.seed);
        let mut last = Actor { number: self.shared.work.clients, shared: self.shared, rng, history };
        for key in keys {
            let mut tries = 0;
            while last.read(&key, tries % last.shared.servers.len()).await.is_none() {
                tries += 1;
                assert!(tries < 100, "{key} cannot be read any more");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        last.history
    }
}

/// One client.
struct Actor {
    number: usize,
    shared: Arc<Shared>,
    rng: SmallRng,
    history: History,
}

impl Actor {
    async fn act(mut self) -> History {
        while !self.shared.stop.load(Ordering::Relaxed) {
            let round = self.shared.begun.fetch_add(1, Ordering::Relaxed) / (OPS_PER_KEY * self.shared.work.keys);
            let key = format!("{}/{round}-{}", self.shared.prefix, self.rng.random_range(0..self.shared.work.keys));
            let server = self.rng.random_range(0..self.shared.servers.len());
            match self.rng.random_range(0..10) {
                0..5 => drop(self.read(&key, server).await),
                5..8 => self.write(&key, server).await,
                _ => self.compare_and_set(&key, server).await,
            }
            let pause = self.rng.random_range(0.0..1.0);
            tokio::time::sleep(self.shared.work.pause.mul_f64(pause)).await;
        }
        self.history
    }

    /// Reads, and returns the value found and its index; `None` without an answer.
    async fn read(&mut self, key: &str, server: usize) -> Option<(Option<Value>, u64)> {
        let invoke = self.shared.began.elapsed();
        let Reads(consistency) = self.shared.work.reads;
        let entry = self.shared.servers[server].kv_get(key, consistency, self.shared.work.limit).await.ok()?;
        let found = entry.as_ref().map(|entry| {
            let text = std::str::from_utf8(&entry.value).unwrap();
            Value(text.parse().unwrap_or_else(|_| panic!("{key} holds {text:?}, which nobody wrote")))
        });
        self.note(key, invoke, Kind::Read, Outcome::Found(found));
        Some((found, entry.map_or(0, |entry| entry.modify_index)))
    }

    async fn write(&mut self, key: &str, server: usize) {
        let new = self.fresh();
        let invoke = self.shared.began.elapsed();
        let written = self.shared.servers[server].kv_put(key, &new.0.to_string(), self.shared.work.limit).await;
        self.note_write(key, invoke, Kind::Write(new), written.map(|()| true));
    }

    /// Reads, and writes if nobody has since. An index names one value, so this compares values.
    async fn compare_and_set(&mut self, key: &str, server: usize) {
        let Some((expected, index)) = self.read(key, server).await else { return };
        let new = self.fresh();
        let invoke = self.shared.began.elapsed();
        let written = self.shared.servers[server].kv_cas(key, &new.0.to_string(), index, self.shared.work.limit).await;
        self.note_write(key, invoke, Kind::Cas { expected, new }, written);
    }

    fn note_write(&mut self, key: &str, invoke: Duration, kind: Kind, written: Result<bool, Failure>) {
        match written {
            Ok(true) => {
                self.shared.acknowledged.fetch_add(1, Ordering::Relaxed);
                self.note(key, invoke, kind, Outcome::Done);
            }
            Ok(false) => self.note(key, invoke, kind, Outcome::Mismatch),
            Err(Failure::Unknown(_)) => self.note(key, invoke, kind, Outcome::Unknown),
            // It never happened, so nobody may see it: there is nothing to note.
            Err(Failure::Definite(_)) => {}
        }
    }

    fn note(&mut self, key: &str, invoke: Duration, kind: Kind, outcome: Outcome) {
        let complete = self.shared.began.elapsed();
        self.history.push(key, Op { client: self.number, invoke, complete, kind, outcome });
    }

    fn fresh(&self) -> Value {
        Value(self.shared.next_value.fetch_add(1, Ordering::Relaxed))
    }
}
