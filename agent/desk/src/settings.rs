//! What every agent is told when it starts.

use crate::{Reload, Reloadable};
use dispatch::Tracer;
use members::GossipKey;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// An agent's settings, all concrete.
#[derive(Clone)]
pub struct AgentSettings {
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
    /// Where those of other datacenters are told to reach it.
    pub advertise_wan: IpAddr,
    /// Port of LAN gossip; 0 takes any.
    pub lan_port: u16,
    /// Where it listens for HTTP.
    pub http: Vec<HttpAddress>,
    /// Where it listens for HTTPS.
    pub https: Vec<HttpAddress>,
    /// Where it listens for DNS, over UDP and TCP; port 0 takes any.
    pub dns: Vec<SocketAddr>,
    /// Parameters of the LAN pool.
    pub gossip: members::Config,
    /// The gossip key.
    pub encrypt: Option<GossipKey>,
    /// Whether the gossip keys are kept in the data directory.
    pub keyring_file: bool,
    /// Whom to join.
    pub retry_join: Vec<String>,
    /// Longest pause between attempts.
    pub retry_interval: Duration,
    /// Attempts; 0 without end.
    pub retry_max: u32,
    /// How long a call waits for a leader.
    pub rpc_hold: Duration,
    /// How long a leaving agent waits so that others notice.
    pub leave_drain: Duration,
    /// Whether nodes are told apart by where they lie in the network (`disable_coordinates` ends that).
    pub coordinates: bool,
    /// What may be replaced while it runs: here as it begins.
    pub reloadable: Reloadable,
    /// Reads the configuration anew; `None` where there is none to read.
    pub reload: Option<Arc<dyn Reload>>,
    /// Who records the spans of calls.
    pub tracer: Option<Arc<dyn Tracer>>,
    /// The log, for clients that read along.
    pub log: Option<telemetry::LogTap>,
    /// The level of that log; `None` where it is not this agent's to change.
    pub level: Option<telemetry::LevelSwitch>,
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
