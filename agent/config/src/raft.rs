//! The consensus log.

use std::time::Duration;

use crate::reader::{Context, Findings, Reader};

/// Snapshots and protocol of raft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raft {
    /// Protocol version, 1 to 3; kept for what is shown to users.
    pub protocol: u8,
    /// Entries since the last snapshot that make a new one.
    pub snapshot_threshold: u64,
    /// Pause between checks of the threshold.
    pub snapshot_interval: Duration,
    /// Entries kept behind a snapshot.
    pub trailing_logs: u64,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Raft, Findings) {
    let mut read = Reader::new(context);
    let protocol = match read.int("raft_protocol") {
        None => 3,
        Some(number) => match u8::try_from(number) {
            Ok(protocol @ 1..=3) => protocol,
            _ => {
                let message = format!("raft_protocol: Protocol version {number} must be >= 1 and <= 3");
                read.wrong("raft_protocol", message);
                3
            }
        },
    };
    let raft = Raft {
        protocol,
        snapshot_threshold: read.positive("raft_snapshot_threshold", 16384),
        snapshot_interval: read.interval("raft_snapshot_interval", Duration::from_secs(30)),
        trailing_logs: read.positive("raft_trailing_logs", 10240),
    };
    (raft, read.finish())
}
