//! The machine under openraft: applies what is committed, builds and installs snapshots.

use crate::LogCounters;
use crate::clock::StateClock;
use crate::machine::{Committed, Frozen, Machine, Outcome};
use crate::message::SnapshotMetaRecord;
use crate::snapshot::{SnapshotFile, SnapshotStore};
use crate::types::{LogId, Payload, SnapshotMeta, StoredMembership, TypeConfig};
use futures_util::{Stream, StreamExt};
use openraft::storage::{EntryResponder, RaftStateMachine, Snapshot};
use openraft::{OptionalSend, RaftSnapshotBuilder};
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// Entries applied and published together, at most: bounds how long the first waits for the last.
const BATCH: usize = 1024;

pub(crate) struct Replica {
    /// Always there, but while a snapshot is being restored on another thread.
    machine: Option<Box<dyn Machine>>,
    applied: Option<LogId>,
    membership: StoredMembership,
    /// The greatest stamp applied.
    stamp_ms: u64,
    snapshots: Arc<SnapshotStore>,
    clock: Arc<StateClock>,
    counters: Arc<LogCounters>,
}

impl Replica {
    pub(crate) fn new(
        machine: Box<dyn Machine>,
        snapshots: Arc<SnapshotStore>,
        clock: Arc<StateClock>,
        counters: Arc<LogCounters>,
    ) -> Self {
        Self { machine: Some(machine), applied: None, membership: StoredMembership::default(), stamp_ms: 0, snapshots, clock, counters }
    }

    /// Applies a batch and answers those who wait, after the machine has published.
    fn apply_batch(&mut self, batch: Vec<EntryResponder<TypeConfig>>) -> io::Result<()> {
        let mut committed = Vec::with_capacity(batch.len());
        let mut waiting = Vec::with_capacity(batch.len());
        for (entry, responder) in batch {
            let is_proposal = match entry.payload {
                Payload::Normal(mut proposal) => {
                    // Two proposals may be stamped in one order and logged in the other.
                    self.stamp_ms = self.stamp_ms.max(proposal.stamp_ms);
                    proposal.stamp_ms = self.stamp_ms;
                    committed.push(Committed { index: entry.log_id.index, proposal });
                    true
                }
                Payload::Membership(membership) => {
                    self.membership = StoredMembership::new(Some(entry.log_id), membership);
                    false
                }
                Payload::Blank => false,
            };
            self.applied = Some(entry.log_id);
            waiting.push((is_proposal, responder));
        }
        let expected = committed.len();
        let outcomes = if committed.is_empty() { Vec::new() } else { self.run(committed)? };
        if outcomes.len() != expected {
            return Err(io::Error::other(format!("{} outcomes for {expected} entries", outcomes.len())));
        }
        let mut outcomes = outcomes.into_iter();
        for (is_proposal, responder) in waiting {
            let outcome = if is_proposal { outcomes.next().unwrap_or_default() } else { Outcome::default() };
            if let Some(responder) = responder {
                responder.send(outcome);
            }
        }
        Ok(())
    }

    fn run(&mut self, committed: Vec<Committed>) -> io::Result<Vec<Outcome>> {
        let began = Instant::now();
        let outcomes = self.machine()?.apply(committed).map_err(io::Error::other)?;
        // Before anybody is answered: whoever waits for one of these looks at the counters then.
        self.counters.applied(began.elapsed());
        Ok(outcomes)
    }

    fn machine(&mut self) -> io::Result<&mut Box<dyn Machine>> {
        self.machine.as_mut().ok_or_else(lost)
    }
}

/// Restoring panicked, and took the machine with it.
fn lost() -> io::Error {
    io::Error::other("the state was lost while a snapshot was restored")
}

impl RaftStateMachine<TypeConfig> for Replica {
    type SnapshotData = SnapshotFile;
    type SnapshotBuilder = Builder;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembership)> {
        Ok((self.applied, self.membership.clone()))
    }

    async fn apply<S>(&mut self, entries: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<EntryResponder<TypeConfig>>> + Unpin + OptionalSend,
    {
        let mut batches = entries.ready_chunks(BATCH);
        while let Some(batch) = batches.next().await {
            self.apply_batch(batch.into_iter().collect::<io::Result<_>>()?)?;
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Builder {
        Builder {
            frozen: self.machine.as_ref().map(|machine| machine.freeze()),
            meta: SnapshotMeta { last_log_id: self.applied, last_membership: self.membership.clone() },
            stamp_ms: self.stamp_ms,
            snapshots: Arc::clone(&self.snapshots),
        }
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, snapshot: SnapshotFile) -> io::Result<()> {
        let mut machine = self.machine.take().ok_or_else(lost)?;
        let snapshots = Arc::clone(&self.snapshots);
        let stamp_ms = snapshot.header.meta.stamp_ms;
        let restore = move || {
            // Durable first: once openraft hears of it, it drops the log below.
            let result = snapshots.adopt(snapshot).and_then(|adopted| machine.restore(&mut adopted.open()?));
            (machine, result)
        };
        let (machine, result) = tokio::task::spawn_blocking(restore).await.map_err(io::Error::other)?;
        self.machine = Some(machine);
        result?;
        self.applied = meta.last_log_id;
        self.membership = meta.last_membership.clone();
        self.stamp_ms = stamp_ms;
        self.clock.observe(stamp_ms);
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<CurrentSnapshot>> {
        let current = self.snapshots.current();
        current.map(|snapshot| Ok(Snapshot { meta: snapshot.meta()?, snapshot })).transpose()
    }
}

pub(crate) type CurrentSnapshot = openraft::type_config::alias::SnapshotOf<TypeConfig, SnapshotFile>;

/// Serialises one frozen state, in the background.
pub(crate) struct Builder {
    frozen: Option<Box<dyn Frozen>>,
    meta: SnapshotMeta,
    stamp_ms: u64,
    snapshots: Arc<SnapshotStore>,
}

impl RaftSnapshotBuilder<TypeConfig> for Builder {
    type SnapshotData = SnapshotFile;

    async fn build_snapshot(&mut self) -> io::Result<CurrentSnapshot> {
        let frozen = self.frozen.take().ok_or_else(|| io::Error::other("a snapshot builder builds once"))?;
        let (snapshots, record) = (Arc::clone(&self.snapshots), SnapshotMetaRecord::new(&self.meta, self.stamp_ms));
        let build = move || {
            let mut draft = snapshots.begin(record)?;
            frozen.write(&mut draft)?;
            snapshots.adopt(draft.finish()?)
        };
        let snapshot = tokio::task::spawn_blocking(build).await.map_err(io::Error::other)??;
        Ok(Snapshot { meta: self.meta.clone(), snapshot })
    }
}
