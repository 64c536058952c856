//! The `autopilot` stanza, which seeds the stored configuration at the first bootstrap.

use std::time::Duration;

use crate::reader::{Context, Findings, Reader};

/// How servers are looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Autopilot {
    /// Whether failed servers are removed when new ones come.
    pub cleanup_dead_servers: bool,
    /// A server without contact to the leader for longer is unhealthy.
    pub last_contact_threshold: Duration,
    /// A server further behind the leader, in entries, is unhealthy.
    pub max_trailing_logs: u64,
    /// Fewest servers that cleaning up may leave.
    pub min_quorum: u32,
    /// How long a new server must be healthy before it votes.
    pub server_stabilization_time: Duration,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Autopilot, Findings) {
    let mut read = Reader::new(context);
    let contact = Duration::from_millis(200);
    let stable = Duration::from_secs(10);
    let autopilot = Autopilot {
        cleanup_dead_servers: read.truth("autopilot.cleanup_dead_servers").unwrap_or(true),
        last_contact_threshold: read.duration("autopilot.last_contact_threshold", contact),
        max_trailing_logs: read.count("autopilot.max_trailing_logs", 250),
        min_quorum: read.count("autopilot.min_quorum", 0),
        server_stabilization_time: read.duration("autopilot.server_stabilization_time", stable),
    };
    (autopilot, read.finish())
}
