//! Snapshots: the state up to an entry, as a file or in memory.
//!
//! ```text
//! <data_dir>/raft/snapshots/<term>-<index>-<ms>.snap
//!
//! 0     8  "DELNSNAP"
//! 8     4  version of the format, 1                           all integers little endian
//! 12    4  length m of the meta record
//! 16    8  bytes of the body
//! 24    4  CRC-32C of bytes 0..24 and the meta record
//! 28    m  prost SnapshotMetaRecord
//! 28+m     chunks until the body is complete:
//!          0  4  n, at most 256 KiB - 4 and not 0
//!          4  4  CRC-32C of the n bytes
//!          8  n  part of the body
//! ```
//!
//! A file is written under another name, synced, renamed, and the directory synced: a `.snap` is complete. Two are kept.

mod format;
mod reader;
mod store;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use format::CHUNK;
pub(crate) use store::{SnapshotFile, SnapshotStore};
