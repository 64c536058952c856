//! Raft for one datacenter: openraft on a redb log with group commit, file snapshots, and calls between servers as opaque bytes.
//!
//! [`Consensus::open`] starts a node; the handle is the waist's [`dispatch::Log`], and changes the membership. What the log builds is
//! behind [`Machine`] (in a server [`StateMachine`]), what carries bytes to other nodes behind [`Transport`]. A node's log, its
//! tasks and its calls have a runtime of their own, so that load at the edges cannot cause an election.
//!
//! **Invariant:** openraft and redb are known to this crate alone; no type of theirs is in its interface. A write is acknowledged when
//! it is on the disks of a majority, applied, and published. After a failed write to the log the node stops, and never tries again.

mod clock;
mod config;
mod fatal;
mod handle;
mod inbound;
mod lease;
mod log;
mod machine;
mod message;
mod network;
mod node;
mod open;
mod over_wire;
mod proposal;
mod replica;
mod snapshot;
mod state_machine;
mod status;
mod types;

pub use clock::StateClock;
pub use config::{ConsensusConfig, Placement, SnapshotConfig};
pub use fatal::FatalError;
pub use handle::{ChangeError, ConfirmError, Consensus, LeaseError, Membership, ProposeError, TransferError};
pub use inbound::{Inbound, InboundError};
pub use log::LogCounters;
pub use machine::{Committed, Frozen, Machine, MachineError, Outcome};
pub use message::Malformed;
pub use network::{Transport, TransportError, TransportFuture};
pub use node::{Member, Node, RaftId};
pub use open::OpenError;
pub use over_wire::{Dial, WireTransport, raft_handlers};
pub use proposal::Proposal;
pub use state_machine::StateMachine;
pub use status::{Follower, Role, Status};

// The state of the tests is written against the public names, for the unit tests too.
#[cfg(test)]
extern crate self as consensus;
#[cfg(test)]
#[path = "../tests/world/journal.rs"]
#[allow(clippy::unwrap_used)]
mod journal;
