use std::time::Duration;

use crate::BreakerConfig;
use crate::Datacenter;
use crate::WithdrawalConfig;

/// From the last packet of a lost datacenter to its withdrawal, end to end, while WAN gossip or calls run.
///
/// 10 s until QUIC's idle timeout reports the path, at most 15 s more until gossip or calls report theirs (see the
/// members crate for gossip; calls fail by their own deadline), 3 s to settle, 2 s for ticks and scheduling.
pub const WITHDRAWAL_BOUND: Duration = Duration::from_secs(30);

/// What a [`crate::Topology`] is told at start.
#[derive(Debug, Clone)]
pub struct Config {
    /// The datacenter this process belongs to. It is listed first, is never withdrawn and cannot be forgotten.
    pub local: Datacenter,
    /// When a path stops being tried, and for how long.
    pub breaker: BreakerConfig,
    /// When a datacenter is withdrawn, and when it returns.
    pub withdrawal: WithdrawalConfig,
    /// How long the rows of a departed gateway are kept (72 h: what operators know as the reconnect timeout).
    pub keep_departed: Duration,
    /// Bounds on memory: rows come from other datacenters.
    pub limits: Limits,
}

impl Config {
    /// Defaults for a process in `local`.
    pub fn new(local: Datacenter) -> Self {
        Self {
            local,
            breaker: BreakerConfig::default(),
            withdrawal: WithdrawalConfig::default(),
            keep_departed: Duration::from_secs(72 * 3600),
            limits: Limits::default(),
        }
    }
}

/// Most of each thing that is kept. What exceeds a limit is refused with its name.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Datacenters, and separately tombstones of forgotten ones.
    pub datacenters: usize,
    /// Gateways of one datacenter. At the limit the longest departed row makes room.
    pub gateways_per_datacenter: usize,
    /// Servers in one gateway's row.
    pub servers_per_gateway: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { datacenters: 1024, gateways_per_datacenter: 64, servers_per_gateway: 128 }
    }
}
