//! The state, and how a log entry changes it.

use crate::{Needs, Permitted, Touch, autopilot, ca, catalog, federation, kv, query};
use api::{Error, Operation, Reply};

/// Replicated state of a datacenter. Cloning is a snapshot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// One step per effective write: `ModifyIndex` and `X-Consul-Index` count in this, not in raft's log index, which jumps at a
    /// restore and is shared by writes of one entry.
    pub(crate) index: u64,
    /// The state clock, in milliseconds: the greatest stamp applied. TTLs and tombstones run on it; wall time is for display.
    pub(crate) clock_ms: u64,
    pub(crate) kv: kv::Keys,
    pub(crate) catalog: catalog::Catalog,
    pub(crate) autopilot: autopilot::Autopilot,
    pub(crate) ca: ca::Authority,
    pub(crate) datacenters: federation::Datacenters,
    pub(crate) queries: query::Queries,
}

/// What `apply` may know besides the state: all of it comes with the log entry, so all servers know the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The leader's state clock when it proposed the entry, in milliseconds.
    pub clock_ms: u64,
    /// For whatever has to be random.
    pub seed: u64,
}

/// What came of a log entry.
#[derive(Clone, PartialEq)]
pub struct Applied {
    /// What the caller is told.
    pub outcome: Result<Reply, Error>,
    /// The state's index after it.
    pub index: u64,
    /// What changed, for the watchers.
    pub touched: Vec<Touch>,
}

/// An operation that changes state. Neither permission nor meaning has a default: a write without a rule does not compile.
pub trait Apply: Operation {
    /// Names the permissions it needs. One that adds none needs the class of its row.
    fn needs(&self, state: &State, needs: &mut Needs);

    /// Refuses what makes no sense whatever the state. It is asked before the write enters the log, and only there: what servers of
    /// different builds might not agree on, such as which regular expressions there are, is decided once.
    ///
    /// # Errors
    /// What the caller is told.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Does it.
    ///
    /// # Errors
    /// What the caller is told; then nothing may have been changed yet.
    fn apply(&self, change: &mut Change<'_>) -> Result<Self::Reply, Error>;
}

/// A state being changed by one log entry.
pub struct Change<'s> {
    pub(crate) state: &'s mut State,
    at: At,
    index: Option<u64>,
    touched: Vec<Touch>,
}

impl Change<'_> {
    /// The index of this change. Asking for it makes the write an effective one, so ask only when something changes.
    pub fn index(&mut self) -> u64 {
        *self.index.get_or_insert_with(|| {
            // A read of an empty state answers 1: who has seen that must find the first change newer.
            self.state.index = self.state.index.max(1) + 1;
            self.state.index
        })
    }

    /// Stamp and seed of the entry.
    #[must_use]
    pub fn at(&self) -> At {
        self.at
    }

    /// Records what changed.
    pub fn touch(&mut self, touch: impl Into<Touch>) {
        self.touched.push(touch.into());
    }

    /// Tries `work`, and leaves no trace of it if it fails. State being persistent maps, this costs a few pointer copies.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn all_or_nothing<T, E>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let (state, index, touched) = (self.state.clone(), self.index, self.touched.len());
        let result = work(self);
        if result.is_err() {
            *self.state = state;
            self.index = index;
            self.touched.truncate(touched);
        }
        result
    }
}

macro_rules! interpret {
    (read { $($read:tt)* }
     write { $($wt:tt $wv:ident $wn:literal $wo:ty => $wr:ty [$wres:ident $wacc:ident, $wretry:ident, $wlimit:expr, $wlevel:literal];)* }
     local { $($local:tt)* }) => {
        fn run(write: &api::Write, change: &mut Change<'_>) -> Result<Reply, Error> {
            match write { $(api::Write::$wv(op) => op.apply(change).map(Reply::$wv),)* }
        }
    };
}
api::operations!(interpret);

impl State {
    /// Applies one committed write.
    pub fn apply(&mut self, at: At, write: &Permitted) -> Applied {
        self.clock_ms = self.clock_ms.max(at.clock_ms);
        let at = At { clock_ms: self.clock_ms, ..at };
        let mut change = Change { state: self, at, index: None, touched: Vec::new() };
        let outcome = run(write.write(), &mut change);
        let touched = change.touched;
        Applied { outcome, index: self.index, touched }
    }

    /// The state's index: that of its last effective write.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The state clock, in milliseconds.
    #[must_use]
    pub fn clock_ms(&self) -> u64 {
        self.clock_ms
    }

    /// What is to be reaped by a leader whose state clock is at `now_ms`: writes to propose.
    #[must_use]
    pub fn due(&self, now_ms: u64) -> Vec<Permitted> {
        self.kv.due(now_ms).map(|reap| Permitted::internal(api::Write::KvReap(reap))).into_iter().collect()
    }
}
