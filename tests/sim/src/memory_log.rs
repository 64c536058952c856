//! A replicated log without elections: the test says who leads, who lags and who restarts.

use api::{Code, Error};
use dispatch::{Contact, Log, Proposed, Store};
use parking_lot::Mutex;
use state::{At, Permitted, Restorer, State, Touch};
use std::sync::Arc;

/// What is in the log.
#[derive(Clone)]
enum Entry {
    Write(At, Arc<Permitted>),
    /// An archive takes the place of the state, on every replica at the same entry.
    Restore(Arc<State>),
}

/// The log of one datacenter: who appends, commits.
#[derive(Clone, Default)]
pub struct Entries(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    entries: Vec<Entry>,
    leader: usize,
    clock_ms: u64,
    seed: u64,
}

/// One server: what it has applied of the log.
#[derive(Clone)]
pub struct Replica {
    number: usize,
    log: Entries,
    store: Arc<Store>,
    applied: Arc<Mutex<Applied>>,
}

struct Applied {
    state: State,
    entries: usize,
}

impl Entries {
    /// Who leads from now on.
    pub fn lead(&self, number: usize) {
        self.0.lock().leader = number;
    }

    /// Who leads.
    #[must_use]
    pub fn leader(&self) -> usize {
        self.0.lock().leader
    }

    /// Time passes for the entries to come.
    pub fn pass(&self, milliseconds: u64) {
        self.0.lock().clock_ms += milliseconds;
    }

    /// The state clock.
    #[must_use]
    pub fn clock_ms(&self) -> u64 {
        self.0.lock().clock_ms
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts an archive in the place of the state.
    pub fn restore(&self, archive: State) {
        self.0.lock().entries.push(Entry::Restore(Arc::new(archive)));
    }

    fn append(&self, write: Permitted) {
        let mut shared = self.0.lock();
        shared.seed += 1;
        let at = At { clock_ms: shared.clock_ms, seed: shared.seed };
        shared.entries.push(Entry::Write(at, Arc::new(write)));
    }
}

impl Replica {
    /// A server that has applied nothing, publishing to `store`.
    #[must_use]
    pub fn new(number: usize, log: Entries, store: Arc<Store>) -> Self {
        Self { number, log, store, applied: Arc::new(Mutex::new(Applied { state: State::default(), entries: 0 })) }
    }

    /// A server that restarts: it reads the snapshot of `from`, and publishes what that held.
    #[must_use]
    pub fn restarted(from: &Self, store: Arc<Store>) -> Self {
        let again = Self::new(from.number, from.log.clone(), store);
        again.install(from);
        again
    }

    /// Takes over all that `from` has applied, by way of its snapshot's bytes.
    pub fn install(&self, from: &Self) {
        let (bytes, entries) = {
            let from = from.applied.lock();
            (from.state.snapshot().flatten().collect::<Vec<u8>>(), from.entries)
        };
        let mut applied = self.applied.lock();
        if entries < applied.entries {
            return;
        }
        let mut restorer = Restorer::default();
        // In pieces that know nothing of records.
        bytes.chunks(777).for_each(|piece| restorer.push(piece).unwrap());
        *applied = Applied { state: restorer.finish().unwrap(), entries };
        self.store.publish(applied.state.clone(), &[Touch::Everything]);
    }

    /// Applies up to `most` entries that it has not yet, as one batch, and publishes the state. Returns what the last one came to.
    pub fn apply(&self, most: usize) -> Option<Result<Proposed, Error>> {
        let mut applied = self.applied.lock();
        let batch: Vec<Entry> = self.log.0.lock().entries.iter().skip(applied.entries).take(most).cloned().collect();
        let (mut touched, mut last) = (Vec::new(), None);
        for entry in &batch {
            match entry {
                Entry::Write(at, write) => {
                    let result = applied.state.apply(*at, write);
                    touched.extend(result.touched);
                    last = Some(result.outcome.map(|reply| Proposed { reply, index: result.index }));
                }
                Entry::Restore(archive) => {
                    let (state, all) = State::clone(archive).in_place_of(&applied.state);
                    applied.state = state;
                    touched.extend(all);
                    last = None;
                }
            }
        }
        applied.entries += batch.len();
        if !batch.is_empty() {
            self.store.publish(applied.state.clone(), &touched);
        }
        last
    }

    /// The state as this server has it.
    #[must_use]
    pub fn state(&self) -> State {
        self.applied.lock().state.clone()
    }

    fn leads(&self) -> Result<(), Error> {
        if self.log.leader() == self.number { Ok(()) } else { Err(Error::new(Code::NotLeader, "not the leader")) }
    }
}

impl Log for Replica {
    async fn propose(&self, write: Permitted) -> Result<Proposed, Error> {
        self.leads()?;
        self.log.append(write);
        self.apply(usize::MAX).unwrap()
    }

    fn lease(&self) -> Result<(), Error> {
        self.leads()
    }

    async fn confirm(&self) -> Result<(), Error> {
        self.leads()?;
        self.apply(usize::MAX);
        Ok(())
    }

    fn contact(&self) -> Contact {
        Contact { known_leader: true, last_ms: Some(0) }
    }
}
