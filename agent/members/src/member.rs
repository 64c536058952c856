//! What others see of a member, and what can happen to it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

/// How a member fares, in Serf's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Reachable as far as the pool knows.
    Alive,
    /// Reachable, and has announced that it leaves.
    Leaving,
    /// Gone by its own will, or by an operator's `force-leave`.
    Left,
    /// Gone without a word.
    Failed,
}

impl Status {
    /// True for `Alive` and `Leaving`.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Alive | Self::Leaving)
    }

    /// Serf's word for it, as in `consul members`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Leaving => "leaving",
            Self::Left => "left",
            Self::Failed => "failed",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A member by name, as listed to applications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Node name, unique in the pool.
    pub name: String,
    /// Where it is reached.
    pub addr: SocketAddr,
    /// How it fares.
    pub status: Status,
    /// Which run of the process this is.
    pub generation: u64,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The public key (SubjectPublicKeyInfo, DER) its gossip entry pins; may be empty.
    pub spki: Bytes,
    /// When it got its status, as learned here, since our process started.
    pub since: Duration,
}

/// A change of the member list, in the order in which it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// New, or back after it was failed or had left.
    Joined(Member),
    /// Other tags, address or generation; or it began to leave.
    Updated(Member),
    /// Left by intent or by force.
    Left(Member),
    /// Declared down.
    Failed(Member),
    /// Forgotten: by age, by `force-leave -prune`, or as its address now belongs to another name.
    Reaped(Member),
    /// Two live addresses claim one name. The older process keeps it, the other is not listed.
    Conflict {
        /// The member that keeps the name.
        kept: Member,
        /// The member that is hidden until the other is gone.
        hidden: Member,
    },
}
