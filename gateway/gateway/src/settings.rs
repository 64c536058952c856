//! What a gateway is told at start.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use members::{Config, GossipKey};

/// What a gateway is told at start. [`GatewaySettings::new`] gives Consul's defaults.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// The datacenter it belongs to, lower case.
    pub datacenter: String,
    /// The datacenter that has the root of all certificates; `datacenter` itself in the primary.
    pub primary_datacenter: String,
    /// Its node name, unique in the datacenter.
    pub node_name: String,
    /// A configured node id; `None` takes the stored one, or makes one.
    pub node_id: Option<String>,
    /// The DNS domain, `consul` by default: servers' certificates name `server.<dc>.<domain>`.
    pub domain: String,
    /// Where node id, key and generation are kept; `None` keeps them in memory (`-dev`).
    pub data_dir: Option<PathBuf>,
    /// Everything listens here.
    pub bind: IpAddr,
    /// What its own datacenter is told; `None`: `bind`.
    pub advertise: Option<IpAddr>,
    /// What other datacenters are told; `None`: as `advertise`.
    pub advertise_wan: Option<IpAddr>,
    /// Ports; 0 takes a free one.
    pub ports: Ports,
    /// The gossip key: encrypts the LAN pool, and proves to other datacenters that this one may join.
    pub encrypt: Option<GossipKey>,
    /// The operator's certificates for RPC within the datacenter. An embedded gateway has those of its server's trust.
    pub internal_rpc: Option<node::RpcCertificates>,
    /// Members of the own datacenter, `host[:8301]`.
    pub retry_join: Vec<String>,
    /// Gateways of other datacenters, `host[:8302]`. Our own address may be among them.
    pub retry_join_wan: Vec<String>,
    /// Parameters of the LAN pool.
    pub lan: Config,
    /// Parameters of the WAN pool.
    pub wan: Config,
    /// Whether datacenters may join without a secret.
    pub dev: bool,
    /// Bounds.
    pub limits: Limits,
    /// Whoever records spans; without one, calls keep the trace context they came with.
    pub tracer: Option<Arc<dyn dispatch::Tracer>>,
}

/// Ports of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// LAN gossip, UDP and TCP.
    pub serf_lan: u16,
    /// Links to other gateways: QUIC over UDP.
    pub serf_wan: u16,
    /// Calls of the datacenter's own processes, TCP.
    pub rpc: u16,
}

/// Bounds on what others can make grow, and times.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls under way to one datacenter, and separately from one; the next is refused by name.
    pub calls_per_datacenter: usize,
    /// Blocking reads under way, counted apart: they wait for minutes and must not keep others out.
    pub blocked_per_datacenter: usize,
    /// Bounds of the links.
    pub link: link::Limits,
    /// Bounds of the RPC port.
    pub rpc: wire::ServerLimits,
    /// How long calls between datacenters may go on after a stop.
    pub drain: Duration,
}

/// What a server gives the gateway embedded in it, in place of a LAN member, a trust and an identity of its own.
#[derive(Clone)]
pub struct Embedded {
    /// The server's LAN pool.
    pub lan: lan::LanHandle,
    /// The server's trust; the server keeps pins and roots in it up to date.
    pub trust: Arc<node::Trust>,
    /// The server's identity.
    pub identity: Arc<node::Identity>,
}

impl GatewaySettings {
    /// Consul's defaults for a gateway `node_name` of `datacenter`, alone and in the primary.
    #[must_use]
    pub fn new(datacenter: &str, node_name: &str) -> Self {
        Self {
            datacenter: datacenter.to_owned(),
            primary_datacenter: datacenter.to_owned(),
            node_name: node_name.to_owned(),
            node_id: None,
            domain: "consul".to_owned(),
            data_dir: None,
            bind: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            advertise: None,
            advertise_wan: None,
            ports: Ports::default(),
            encrypt: None,
            internal_rpc: None,
            retry_join: Vec::new(),
            retry_join_wan: Vec::new(),
            lan: Config { pool: format!("lan:{datacenter}"), ..Config::lan() },
            wan: Config::wan(),
            dev: false,
            limits: Limits::default(),
            tracer: None,
        }
    }

    /// The name in the WAN pool.
    pub(crate) fn wan_name(&self) -> String {
        format!("{}.{}", self.node_name, self.datacenter)
    }
}

impl Default for Ports {
    fn default() -> Self {
        Self { serf_lan: 8301, serf_wan: 8302, rpc: 8502 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_per_datacenter: 4096,
            blocked_per_datacenter: 4096,
            link: link::Limits::default(),
            rpc: wire::ServerLimits::default(),
            drain: Duration::from_secs(5),
        }
    }
}
