//! What a server is told when it starts.

use consensus::SnapshotConfig;
use desk::{AgentSettings, Compaction};

/// A server's settings, all concrete.
#[derive(Clone)]
pub struct Settings {
    /// What every agent is told.
    pub agent: AgentSettings,
    /// Port of RPC; 0 takes any.
    pub rpc_port: u16,
    /// Port where WAN gossip would be.
    pub wan_port: u16,
    /// How many servers make a cluster; 0 waits to be added to one.
    pub bootstrap_expect: u32,
    /// Parameters of the WAN pool, for a gateway within.
    pub gossip_wan: members::Config,
    /// Gateways of other datacenters: where no gateway process runs, a server with these is one.
    pub retry_join_wan: Vec<String>,
    /// Whether datacenters may join without a secret.
    pub dev: bool,
    /// Stretches raft's timers, 1 to 10.
    pub raft_multiplier: u32,
    /// What the autopilot begins with.
    pub autopilot: api::operator::Autopilot,
}

/// When the log is cut short, as raft takes it.
pub(crate) fn snapshots(compaction: Compaction) -> SnapshotConfig {
    let Compaction { threshold, interval, trailing } = compaction;
    SnapshotConfig { threshold, interval, trailing }
}
