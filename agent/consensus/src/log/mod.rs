//! The log on disk: one redb file, `raft/raft.db`, written by one thread.
//!
//! ```text
//! table log    u64 index  ->  record of an EntryRecord
//! table meta   "identity" ->  record of an IdentityRecord      who owns the file
//!              "vote"     ->  record of a VoteRecord
//!              "committed"->  record of a LogIdRecord          a hint: may be older than the truth, never newer
//!              "purged"   ->  record of a LogIdRecord          the last entry that was dropped from the front
//!
//! record       0  4  CRC-32C of all that follows, little endian
//!              4  1  version of the format, 1
//!              5  n  prost message
//! ```
//!
//! Indexes in `log` have no gaps: they run from one above `purged` to the last. **Group commit:** everything that arrives while one
//! commit is under way shares the next, and is acknowledged after its fsync. After an error nothing is tried again.

mod counters;
mod identity;
mod reader;
mod record;
mod store;
mod tables;
mod tail;
mod writer;

#[cfg(test)]
mod crash;
#[cfg(test)]
mod tests;

pub use counters::LogCounters;
pub(crate) use store::{Log, LogOpen, LogOptions};

use std::io;

/// What redb says, as openraft wants to hear it.
fn storage(error: impl Into<redb::Error>) -> io::Error {
    io::Error::other(format!("raft.db: {}", error.into()))
}
