//! The `performance` stanza.

use std::time::Duration;

use crate::reader::{Context, Findings, Reader};

/// Trade-offs between speed and patience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Performance {
    /// How long a leaving server goes on answering.
    pub leave_drain_time: Duration,
    /// Multiplier of raft's timeouts, 1 to 10.
    pub raft_multiplier: u32,
    /// How long an RPC waits for a leader to be elected.
    pub rpc_hold_timeout: Duration,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Performance, Findings) {
    let mut read = Reader::new(context);
    let key = "performance.raft_multiplier";
    let raft_multiplier = match read.int(key) {
        None => 5,
        Some(number) => match u32::try_from(number) {
            Ok(multiplier @ 1..=10) => multiplier,
            _ => {
                read.wrong(key, format!("{key} cannot be {number}. Must be between 1 and 10"));
                5
            }
        },
    };
    let performance = Performance {
        leave_drain_time: read.duration("performance.leave_drain_time", Duration::from_secs(5)),
        raft_multiplier,
        rpc_hold_timeout: read.duration("performance.rpc_hold_timeout", Duration::from_secs(7)),
    };
    (performance, read.finish())
}
