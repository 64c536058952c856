//! What every agent is told when it starts.

use dispatch::Tracer;
use edge_dns::DnsConfig;
use edge_http::HttpConfig;
use members::GossipKey;
use std::collections::BTreeMap;
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
    /// The operator's certificates for RPC within the datacenter.
    pub internal_rpc: Option<node::RpcCertificates>,
    /// Where it listens for HTTP.
    pub http: Vec<HttpAddress>,
    /// Where it listens for HTTPS, and with which TLS.
    pub https: Option<Https>,
    /// How HTTP is served.
    pub http_config: HttpConfig,
    /// Where it listens for DNS, over UDP and TCP; port 0 takes any.
    pub dns: Vec<SocketAddr>,
    /// How DNS is served.
    pub dns_config: DnsConfig,
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
    /// Metadata of its node.
    pub node_meta: BTreeMap<String, String>,
    /// Its services and checks.
    pub services: services::Settings,
    /// Reads the configuration anew; `None` where there is none to read.
    pub reload: Option<Arc<dyn Reload>>,
    /// What `/v1/agent/self` shows of the configuration, secrets hidden.
    pub debug_config: serde_json::Value,
    /// Who records the spans of calls.
    pub tracer: Option<Arc<dyn Tracer>>,
    /// What it watches.
    pub watches: Vec<crate::watches::Watch>,
    /// The log, for clients that read along.
    pub log: Option<telemetry::LogTap>,
    /// How metrics are named, and which are shown.
    pub metrics: telemetry::MetricsSettings,
    /// Whether Prometheus may scrape.
    pub prometheus: bool,
}

/// Reads the configuration anew, and gives what an agent takes of it while it runs. What concerns the process as a whole, such as the
/// level of its log, is in effect when this returns.
pub trait Reload: Send + Sync {
    /// Reads files, and so may take a while.
    ///
    /// # Errors
    /// What is wrong with them: then all stays as it is.
    fn read(&self) -> Result<services::Settings, String>;
}

/// HTTPS.
#[derive(Clone)]
pub struct Https {
    /// Where it is served.
    pub addresses: Vec<HttpAddress>,
    /// Its certificates, and what clients must show.
    pub tls: Arc<rustls::ServerConfig>,
}

/// Where HTTP is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpAddress {
    /// A TCP port; 0 takes any.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}
