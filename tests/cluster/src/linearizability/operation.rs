//! What a client did, and what it was told.

use std::fmt;
use std::time::Duration;

/// What a register holds. A workload writes each value once, so that a value tells who wrote it; the check does not rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub u64);

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What does it hold?
    Read,
    /// Hold this.
    Write(Value),
    /// Hold `new` if you hold `expected` (`None`: nothing).
    Cas {
        /// What it has to hold before.
        expected: Option<Value>,
        /// What it is to hold then.
        new: Value,
    },
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A read found this.
    Found(Option<Value>),
    /// The write, or the compare-and-set, took effect.
    Done,
    /// The compare-and-set found something else, and changed nothing.
    Mismatch,
    /// No answer came: it may have happened at any time since, may yet happen, or never.
    Unknown,
}

/// One operation of one client on one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// Who.
    pub client: usize,
    /// When it was sent, on the test's one monotonic clock.
    pub invoke: Duration,
    /// When its answer was there; of no meaning where none came.
    pub complete: Duration,
    /// What was asked.
    pub kind: Kind,
    /// What was answered.
    pub outcome: Outcome,
}

impl Op {
    /// Whether an answer came.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.outcome != Outcome::Unknown
    }

    /// What the register holds after this operation, if it held `state` before; `None` if it could not have been answered so then.
    pub(super) fn step(&self, state: Option<Value>) -> Option<Option<Value>> {
        match (self.kind, self.outcome) {
            (Kind::Read, Outcome::Found(found)) => (found == state).then_some(state),
            (Kind::Read, Outcome::Unknown) => Some(state),
            (Kind::Write(value), Outcome::Done | Outcome::Unknown) => Some(Some(value)),
            (Kind::Cas { expected, new }, Outcome::Done) => (state == expected).then_some(Some(new)),
            (Kind::Cas { expected, .. }, Outcome::Mismatch) => (state != expected).then_some(state),
            (Kind::Cas { expected, new }, Outcome::Unknown) => Some(if state == expected { Some(new) } else { state }),
            // An answer to another question.
            (Kind::Read, Outcome::Done | Outcome::Mismatch)
            | (Kind::Write(_), Outcome::Found(_) | Outcome::Mismatch)
            | (Kind::Cas { .. }, Outcome::Found(_)) => None,
        }
    }

    /// The value this operation writes, if it writes one.
    pub(super) fn written(&self) -> Option<Value> {
        match (self.kind, self.outcome) {
            (Kind::Read, _) | (_, Outcome::Mismatch) => None,
            (Kind::Write(value) | Kind::Cas { new: value, .. }, _) => Some(value),
        }
    }

    /// The value this operation must, or may, have found.
    pub(super) fn observed(&self) -> Option<Value> {
        match (self.kind, self.outcome) {
            (_, Outcome::Found(found)) => found,
            (Kind::Cas { expected, .. }, Outcome::Done | Outcome::Unknown) => expected,
            _ => None,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let until = if self.is_complete() { format!("{:.3}", ms(self.complete)) } else { "?".to_owned() };
        write!(f, "[{:.3}, {until}] ms, client {}: ", ms(self.invoke), self.client)?;
        match self.kind {
            Kind::Read => write!(f, "read")?,
            Kind::Write(value) => write!(f, "write {}", value.0)?,
            Kind::Cas { expected, new } => write!(f, "cas {} to {}", Shown(expected), new.0)?,
        }
        match self.outcome {
            Outcome::Found(found) => write!(f, " found {}", Shown(found)),
            Outcome::Done => write!(f, " done"),
            Outcome::Mismatch => write!(f, " found something else"),
            Outcome::Unknown => write!(f, " without an answer"),
        }
    }
}

struct Shown(Option<Value>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => write!(f, "{}", value.0),
            None => f.write_str("nothing"),
        }
    }
}
