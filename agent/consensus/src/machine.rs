//! The seam between the log and the state it builds.

use crate::Proposal;
use std::{fmt, io};

/// A committed proposal, in log order.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its place in the log.
    pub index: u64,
    /// What was proposed. The stamp never goes back from one entry to the next.
    pub proposal: Proposal,
}

/// What applying one proposal yielded; `None` where there is nothing to say. It stays in the process of the leader that proposed: it
/// is never stored or sent.
#[derive(Default)]
pub struct Outcome(pub Option<Result<dispatch::Proposed, api::Error>>);

/// Shows no reply: one may hold a secret.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("Outcome(nothing)"),
            Some(Ok(proposed)) => write!(f, "Outcome(index {})", proposed.index),
            Some(Err(error)) => write!(f, "Outcome({:?})", error.kind()),
        }
    }
}

/// Why a machine cannot go on. The node stops: skipping an entry would make it differ from the others for ever.
#[derive(Debug, thiserror::Error)]
#[error("log entry {index}: {reason}")]
pub struct MachineError {
    /// The entry that could not be applied.
    pub index: u64,
    /// What is wrong with it, naming the operation.
    pub reason: String,
}

/// Replicated state as the log sees it: deterministic, no clock, no I/O.
pub trait Machine: Send + Sync + 'static {
    /// Applies a batch, publishes the new state **once**, and returns one outcome per entry, in order. Callers are answered after this
    /// returns, so that a client that saw its write acknowledged finds it in the published state.
    ///
    /// # Errors
    /// [`MachineError`] for an entry this build does not understand.
    fn apply(&mut self, batch: Vec<Committed>) -> Result<Vec<Outcome>, MachineError>;

    /// A cheap handle on the state as it is now, to be serialised in the background while writes go on.
    fn freeze(&self) -> Box<dyn Frozen>;

    /// Replaces the state by a serialised one and publishes it: all of it, or an error and the old state.
    ///
    /// # Errors
    /// Whatever reading yields, and `InvalidData` for bytes that are no state.
    fn restore(&mut self, body: &mut dyn io::Read) -> io::Result<()>;
}

/// The state at one moment.
pub trait Frozen: Send + Sync {
    /// Writes it out. Runs on a thread where blocking is allowed.
    ///
    /// # Errors
    /// Whatever writing yields.
    fn write(self: Box<Self>, out: &mut dyn io::Write) -> io::Result<()>;
}
