//! What an agent says when it starts.

use config::Config;
use std::fmt::Write;
use std::net::SocketAddr;

/// The lines, in Consul's form: keys to the right, values to the left.
pub(crate) fn banner(config: &Config, node_id: &str, http: &[SocketAddr], dns: &[SocketAddr]) -> String {
    let port = |port: Option<u16>| port.map_or(-1, i32::from);
    let ports = &config.ports;
    let client = http.first().map_or_else(|| "none".to_owned(), |http| http.ip().to_string());
    let http = http.first().map(SocketAddr::port).or(ports.http);
    let dns = dns.first().map(SocketAddr::port);
    // Nothing listens for gRPC, whatever the configuration says.
    let clients = format!("[{client}] (HTTP: {}, HTTPS: {}, gRPC: -1, DNS: {})", port(http), port(ports.https), port(dns));
    let cluster = format!("{} (LAN: {}, WAN: {})", config.addresses.advertise_addr, port(ports.serf_lan), port(ports.serf_wan));
    let bootstrap = config.node.bootstrap_expect == 1;
    let rows = [
        ("Version", format!("v{}", env!("CARGO_PKG_VERSION"))),
        ("Node ID", format!("'{node_id}'")),
        ("Node name", format!("'{}'", config.node.node_name)),
        ("Datacenter", format!("'{}' (Segment: '<all>')", config.node.datacenter)),
        ("Server", format!("{} (Bootstrap: {bootstrap})", config.node.server)),
        ("Client Addr", clients),
        ("Cluster Addr", cluster),
        ("Encrypt", format!("Gossip: {}, TLS-Outgoing: true, TLS-Incoming: true", config.gossip.encrypt.is_some())),
    ];
    let width = rows.iter().map(|(key, _)| key.len()).max().unwrap_or(0) + 3;
    let mut text = String::from("==> Starting Delian agent...\n");
    for (key, value) in rows {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{key:>width$}: {value}");
    }
    text.push_str("\n==> Log data will now stream in as it occurs:\n");
    text
}
