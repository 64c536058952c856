//! Ports by protocol.

use crate::reader::{Context, Findings, Reader};

/// Ports; none where the protocol is off (configured as 0 or -1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// DNS over UDP and TCP.
    pub dns: Option<u16>,
    /// HTTP.
    pub http: Option<u16>,
    /// HTTPS.
    pub https: Option<u16>,
    /// gRPC in plain text.
    pub grpc: Option<u16>,
    /// gRPC over TLS.
    pub grpc_tls: Option<u16>,
    /// LAN gossip.
    pub serf_lan: Option<u16>,
    /// WAN gossip.
    pub serf_wan: Option<u16>,
    /// RPC between agents.
    pub server: Option<u16>,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Ports, Findings) {
    let mut read = Reader::new(context);
    let ports = Ports {
        dns: port(&mut read, "ports.dns", Some(8600)),
        http: port(&mut read, "ports.http", Some(8500)),
        https: port(&mut read, "ports.https", None),
        grpc: port(&mut read, "ports.grpc", None),
        grpc_tls: port(&mut read, "ports.grpc_tls", None),
        serf_lan: port(&mut read, "ports.serf_lan", Some(8301)),
        serf_wan: port(&mut read, "ports.serf_wan", Some(8302)),
        server: port(&mut read, "ports.server", Some(8300)),
    };
    (ports, read.finish())
}

/// The port at `key`; zero and negative numbers turn it off.
pub(crate) fn port(read: &mut Reader<'_>, key: &str, default: Option<u16>) -> Option<u16> {
    let number = match read.int(key) {
        None => return default,
        Some(..=0) => return None,
        Some(number) => number,
    };
    let port = u16::try_from(number);
    if port.is_err() {
        read.wrong(key, format!("{key}: invalid port: {number}"));
    }
    port.ok()
}
