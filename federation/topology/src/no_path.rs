use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::CallFailure;
use crate::Departure;
use crate::GatewayName;

/// No gateway leads to a datacenter now. Normal in a partition; says what was considered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct NoPath {
    /// As asked for.
    pub datacenter: String,
    /// Why none was taken.
    pub cause: Cause,
    /// Every gateway considered, with the reason against it. Empty unless the cause is [`Cause::NoGateway`].
    pub tried: Vec<Tried>,
}

/// Why there is no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No gateway ever announced it.
    Unknown,
    /// An operator forgot it, this long ago.
    Forgotten {
        /// Time since.
        age: Duration,
    },
    /// It is withdrawn, since this long.
    Withdrawn {
        /// Time since.
        age: Duration,
    },
    /// It answers again, and is routed to in this time.
    Returning {
        /// Time until.
        left: Duration,
    },
    /// Each gateway has a reason against it.
    NoGateway,
}

/// A gateway that was considered and not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Its name.
    pub hop: GatewayName,
    /// What speaks against it.
    pub reason: Reason,
    /// How old that is.
    pub evidence_age: Duration,
}

/// What speaks against a gateway as next hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The caller has tried it already.
    Excluded,
    /// It departed by its own word.
    Left,
    /// It has withdrawn the datacenter by its own evidence.
    WithdrawnByGateway,
    /// Too many calls failed, the last so; no try before the time left.
    BreakerOpen {
        /// The last failure, if one is on record.
        last: Option<CallFailure>,
        /// Until it is probed.
        left: Duration,
    },
}

impl fmt::Display for NoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no path to datacenter {:?}: {}", self.datacenter, self.cause)?;
        for (n, tried) in self.tried.iter().enumerate() {
            let separator = if n == 0 { ": " } else { "; " };
            write!(f, "{separator}{} {} ({:.1?} ago)", tried.hop, tried.reason, tried.evidence_age)?;
        }
        Ok(())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no gateway announced it"),
            Self::Forgotten { age } => write!(f, "forgotten by an operator {age:.1?} ago"),
            Self::Withdrawn { age } => write!(f, "withdrawn {age:.1?} ago"),
            Self::Returning { left } => write!(f, "answering again, routed to in {left:.1?}"),
            Self::NoGateway => f.write_str("no gateway can be used"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded => f.write_str("was tried already"),
            Self::Left => f.write_str("left"),
            Self::WithdrawnByGateway => f.write_str("has withdrawn the datacenter"),
            Self::BreakerOpen { last: None, left } => write!(f, "is not tried for {left:.1?}"),
            Self::BreakerOpen { last: Some(last), left } => write!(f, "{last}; not tried for {left:.1?}"),
        }
    }
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "could not be reached",
            Self::Lost => "lost the connection during a call",
            Self::TimedOut => "did not answer in time",
            Self::Busy => "was busy",
        })
    }
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "left",
            Self::Failed => "failed",
            Self::StreamEnded => "stream ended",
        })
    }
}
