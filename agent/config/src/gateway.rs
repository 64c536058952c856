//! The configuration of `delian gateway`.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::reader::{Context, Findings, Reader};
use crate::schema::GATEWAY;
use crate::settings::Settings;
use crate::sources::{add_source, settle};
use crate::{
    AclTokens, GossipKey, Host, Invalid, Level, Ports, RetryJoin, Source, Telemetry, TlsStanza, acl, addresses, gossip, join, log, node,
    ports, telemetry, tls,
};

/// What a gateway is told; keys mean what they mean to the agent.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayConfig {
    /// Lower case, of letters, digits, `-` and `_`.
    pub datacenter: String,
    /// The datacenter that holds ACLs and roots; `datacenter` unless configured.
    pub primary_datacenter: String,
    /// Not empty.
    pub node_name: String,
    /// The DNS domain, which the names of servers' certificates end with.
    pub domain: String,
    /// Everything listens here.
    pub bind_addr: IpAddr,
    /// What the datacenter is told; never unspecified.
    pub advertise_addr: IpAddr,
    /// What other datacenters are told; never unspecified.
    pub advertise_addr_wan: IpAddr,
    /// Where state is kept.
    pub data_dir: PathBuf,
    /// The gossip key.
    pub encrypt: Option<GossipKey>,
    /// TLS of RPC within the datacenter.
    pub internal_rpc: TlsStanza,
    /// Members of the datacenter to join.
    pub retry_join: RetryJoin,
    /// Gateways and servers of other datacenters to join.
    pub retry_join_wan: RetryJoin,
    /// Ports by protocol.
    pub ports: GatewayPorts,
    /// The gateway's tokens.
    pub tokens: AclTokens,
    /// Least important level written to the log.
    pub log_level: Level,
    /// Metrics and traces.
    pub telemetry: Telemetry,
    /// What the operator should know, each once.
    pub warnings: Vec<String>,
}

/// Ports of a gateway; none where the protocol is off (configured as 0 or -1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayPorts {
    /// LAN gossip, default 8301.
    pub serf_lan: Option<u16>,
    /// WAN gossip, default 8302.
    pub serf_wan: Option<u16>,
    /// gRPC, off by default.
    pub grpc: Option<u16>,
    /// Links to other gateways and connections of the mesh, default 8443.
    pub mesh_gateway: Option<u16>,
}

/// Merges the files in their order and resolves them.
///
/// # Errors
/// Every mistake in any file and in the whole.
pub fn resolve_gateway(files: &[Source], host: &Host) -> Result<GatewayConfig, Invalid> {
    MergedGateway::of(files).resolve(host)
}

/// What all files together set.
pub(crate) struct MergedGateway {
    pub(crate) settings: Settings,
    pub(crate) found: Findings,
    /// False when a file could not be read.
    pub(crate) complete: bool,
}

impl MergedGateway {
    pub(crate) fn of(files: &[Source]) -> Self {
        let (mut settings, mut found, mut complete) = (Settings::default(), Findings::default(), true);
        for file in files {
            complete &= add_source(&mut settings, file, GATEWAY, &mut found);
        }
        Self { settings, found, complete }
    }

    /// # Errors
    /// Every mistake.
    pub(crate) fn resolve(self, host: &Host) -> Result<GatewayConfig, Invalid> {
        let Self { settings, mut found, complete } = self;
        let context = Context { settings: &settings, host, dev: false, complete };
        let ports = found.keep(gateway_ports(&context));
        let node = found.keep(node::resolve(&context));
        let addresses = found.keep(addresses::resolve(&context, &agent_ports(ports)));
        let gossip = found.keep(gossip::resolve(&context));
        let join = found.keep(join::resolve(&context));
        let tls = found.keep(tls::resolve(&context));
        let telemetry = found.keep(telemetry::resolve(&context));
        let mut read = Reader::new(&context);
        let tokens = acl::tokens(&read);
        let log_level = log::level(&mut read);
        found.keep(((), read.finish()));
        let warnings = settle(found)?;
        Ok(GatewayConfig {
            datacenter: node.datacenter,
            primary_datacenter: node.primary_datacenter,
            node_name: node.node_name,
            domain: node.domain,
            bind_addr: addresses.bind_addr,
            advertise_addr: addresses.advertise_addr,
            advertise_addr_wan: addresses.advertise_addr_wan,
            data_dir: node.data_dir.unwrap_or_default(),
            encrypt: gossip.encrypt,
            internal_rpc: tls.internal_rpc,
            retry_join: join.retry_join,
            retry_join_wan: join.retry_join_wan,
            ports,
            tokens,
            log_level,
            telemetry,
            warnings,
        })
    }
}

fn gateway_ports(context: &Context<'_>) -> (GatewayPorts, Findings) {
    let mut read = Reader::new(context);
    let ports = GatewayPorts {
        serf_lan: ports::port(&mut read, "ports.serf_lan", Some(8301)),
        serf_wan: ports::port(&mut read, "ports.serf_wan", Some(8302)),
        grpc: ports::port(&mut read, "ports.grpc", None),
        mesh_gateway: ports::port(&mut read, "ports.mesh_gateway", Some(8443)),
    };
    (ports, read.finish())
}

/// The ports as the agent's address rules see them: gossip's may not be the same.
fn agent_ports(ports: GatewayPorts) -> Ports {
    Ports {
        dns: None,
        http: None,
        https: None,
        grpc: None,
        grpc_tls: None,
        serf_lan: ports.serf_lan,
        serf_wan: ports.serf_wan,
        server: None,
    }
}
