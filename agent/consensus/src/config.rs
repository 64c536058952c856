//! How a node is set up.

use crate::{Machine, Node, Transport};
use openraft::{Config, SnapshotPolicy};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// All that a node needs to start.
pub struct ConsensusConfig {
    /// Where the log and the snapshots lie. `None` keeps all in memory (`-dev`): nothing survives the process.
    pub data_dir: Option<PathBuf>,
    /// This node, as the others are to know it.
    pub node: Node,
    /// Consul's `raft_multiplier`, 1 to 10: stretches heartbeat (100 ms), election (1 to 2 s) and lease (500 ms).
    pub raft_multiplier: u32,
    /// When the log is cut short.
    pub snapshots: SnapshotConfig,
    /// Proposals on their way at once; more wait, then are refused.
    pub max_proposals: usize,
    /// How long a proposal waits for room.
    pub admission_wait: Duration,
    /// Which threads raft runs on.
    pub placement: Placement,
    /// The state the log builds.
    pub machine: Box<dyn Machine>,
    /// The way to the other nodes.
    pub transport: Arc<dyn Transport>,
}

/// When the log is cut short, with Consul's settings as defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotConfig {
    /// Entries since the last snapshot that make a new one worth it (`raft_snapshot_threshold`).
    pub threshold: u64,
    /// How often that is looked at (`raft_snapshot_interval`).
    pub interval: Duration,
    /// Entries kept below a snapshot, so that a slow follower needs no snapshot (`raft_trailing_logs`).
    pub trailing: u64,
}

impl Default for SnapshotConfig {
    fn default() -> Self {
        Self { threshold: 16_384, interval: Duration::from_secs(30), trailing: 10_240 }
    }
}

/// Which threads raft runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Threads of its own, so that load at the edges cannot cause an election. The hop from thread to thread is lost in the fsync:
    /// `benches/writes.rs` finds no difference on disk, and 0.1 ms per write in memory. One thread carries as much as two; the second
    /// keeps heartbeats going while a batch is applied.
    Own {
        /// How many.
        threads: usize,
    },
    /// The runtime that opens it: for a simulation, which has but one.
    Caller,
}

impl ConsensusConfig {
    /// Defaults for everything but the parts that have none.
    #[must_use]
    pub fn new(node: Node, machine: Box<dyn Machine>, transport: Arc<dyn Transport>) -> Self {
        Self {
            data_dir: None,
            node,
            raft_multiplier: 5,
            snapshots: SnapshotConfig::default(),
            max_proposals: 8192,
            admission_wait: Duration::from_millis(500),
            placement: Placement::Own { threads: 2 },
            machine,
            transport,
        }
    }

    pub(crate) fn timing(&self) -> Timing {
        Timing { multiplier: self.raft_multiplier.clamp(1, 10) }
    }

    /// openraft's settings, checked.
    pub(crate) fn raft(&self) -> Result<Config, openraft::ConfigError> {
        let timing = self.timing();
        let config = Config {
            cluster_name: "delian".to_owned(),
            heartbeat_interval: millis(timing.heartbeat()),
            election_timeout_min: millis(timing.election_min()),
            election_timeout_max: millis(timing.election_max()),
            // A chunk of a snapshot may take this long to be taken in; installing it too.
            install_snapshot_timeout: 30_000,
            // A call is bounded in bytes by the log; this bounds the work of small entries.
            max_payload_entries: 4096,
            max_append_entries: Some(4096),
            api_batch_capacity: 4096,
            api_channel_size: Some(u64::try_from(self.max_proposals.max(1024)).unwrap_or(u64::MAX)),
            // Both are decided by `handle/snapshots.rs`, whose settings can be replaced.
            snapshot_policy: SnapshotPolicy::Never,
            max_in_snapshot_log_to_keep: u64::MAX,
            // A node that cannot win does not disturb a leader that works.
            enable_pre_vote: Some(true),
            // A leader that hears of nobody lets the others elect.
            quorum_loss_probe_interval: Some(2 * millis(timing.election_max())),
            // The others may hold entries of its term that a restarted leader had not synced yet: leading on in the same term, it
            // would write different entries under the same ids.
            enable_leader_restore: Some(false),
            ..Config::default()
        };
        config.validate()
    }
}

/// The periods, all stretched by `raft_multiplier`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    multiplier: u32,
}

impl Timing {
    /// A tenth of the time after which a follower gives up on the leader.
    pub(crate) fn heartbeat(self) -> Duration {
        Duration::from_millis(100) * self.multiplier
    }

    pub(crate) fn election_min(self) -> Duration {
        Duration::from_secs(1) * self.multiplier
    }

    pub(crate) fn election_max(self) -> Duration {
        Duration::from_secs(2) * self.multiplier
    }

    /// How long after a quorum's acknowledgement a leader may answer alone. Followers refuse any other leader for
    /// [`Timing::election_max`]: the rest is room for clocks that run at different speed.
    pub(crate) fn lease(self) -> Duration {
        Duration::from_millis(500) * self.multiplier
    }

    /// How long a call with entries may take, an fsync at the other end included.
    pub(crate) fn append(self) -> Duration {
        self.election_min() / 2
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
