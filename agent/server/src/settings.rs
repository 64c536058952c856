//! What a server is told when it starts.

use consensus::SnapshotConfig;
use dispatch::Tracer;
use edge_http::HttpConfig;
use members::GossipKey;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A server's settings, all concrete.
#[derive(Clone)]
pub struct Settings {
    /// Its datacenter.
    pub datacenter: String,
    /// The datacenter whose authority signs for all.
    pub primary_datacenter: String,
    /// Its name.
    pub node_name: String,
    /// Its id, if the configuration says one.
    pub node_id: Option<String>,
    /// The DNS domain, without a final dot.
    pub domain: String,
    /// Where its state lies; `None` keeps it in memory.
    pub data_dir: Option<PathBuf>,
    /// Where it listens for other processes.
    pub bind: IpAddr,
    /// Where others are told to reach it.
    pub advertise: IpAddr,
    /// Port of RPC; 0 takes any.
    pub rpc_port: u16,
    /// Port of LAN gossip; 0 takes any.
    pub lan_port: u16,
    /// Port where WAN gossip would be.
    pub wan_port: u16,
    /// Where it listens for HTTP.
    pub http: Vec<HttpAddress>,
    /// How HTTP is served.
    pub http_config: HttpConfig,
    /// How many servers make a cluster; 0 waits to be added to one.
    pub bootstrap_expect: u32,
    /// Parameters of the LAN pool.
    pub gossip: members::Config,
    /// The gossip key.
    pub encrypt: Option<GossipKey>,
    /// Whether the gossip keys are kept in the data directory.
    pub keyring_file: bool,
    /// Parameters of the WAN pool, for a gateway within.
    pub gossip_wan: members::Config,
    /// Where other datacenters are told to reach a gateway within.
    pub advertise_wan: IpAddr,
    /// Gateways of other datacenters: where no gateway process runs, a server with these is one.
    pub retry_join_wan: Vec<String>,
    /// Whether datacenters may join without a secret.
    pub dev: bool,
    /// Whom to join.
    pub retry_join: Vec<String>,
    /// Longest pause between attempts.
    pub retry_interval: Duration,
    /// Attempts; 0 without end.
    pub retry_max: u32,
    /// Stretches raft's timers, 1 to 10.
    pub raft_multiplier: u32,
    /// When the log is cut short.
    pub snapshots: SnapshotConfig,
    /// How long a call waits for a leader.
    pub rpc_hold: Duration,
    /// How long a leaving server waits so that others notice.
    pub leave_drain: Duration,
    /// Metadata of its node.
    pub node_meta: BTreeMap<String, String>,
    /// What the autopilot begins with.
    pub autopilot: api::operator::Autopilot,
    /// What `/v1/agent/self` shows of the configuration, secrets hidden.
    pub debug_config: serde_json::Value,
    /// Who records the spans of calls.
    pub tracer: Option<Arc<dyn Tracer>>,
    /// How metrics are named, and which are shown.
    pub metrics: telemetry::MetricsSettings,
    /// Whether Prometheus may scrape.
    pub prometheus: bool,
}

/// Where HTTP is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpAddress {
    /// A TCP port; 0 takes any.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}
