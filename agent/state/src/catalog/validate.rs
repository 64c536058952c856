//! What a registration must be to be one, whatever the state: Consul's rules, in its order and words.

use api::catalog::{CONNECT_PROXY, CheckRow, Proxy, ServiceRow, Upstream};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// An instance as it is registered: its id and weights filled in.
///
/// # Errors
/// When it makes no sense.
pub fn prepared_service(mut row: ServiceRow) -> Result<ServiceRow, String> {
    let mistakes = mistakes(&row);
    if !mistakes.is_empty() {
        let noun = if mistakes.len() == 1 { "error" } else { "errors" };
        let list: String = mistakes.iter().map(|mistake| format!("\t* {mistake}\n")).collect();
        return Err(format!("{} {noun} occurred:\n{list}\n", mistakes.len()));
    }
    if row.id.is_empty() {
        row.id.clone_from(&row.service);
    }
    if !row.id.is_empty() && row.service.is_empty() {
        return Err("Must provide service name with ID".to_owned());
    }
    // `[::]` too: it is how a listener would write it.
    if row.address.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_unspecified()) {
        return Err("Invalid service address".to_owned());
    }
    row.weights = row.weights.or_even();
    Ok(row)
}

/// A check as it is registered: its id filled in.
pub(crate) fn check_defaults(mut row: CheckRow, node: &str) -> CheckRow {
    if row.check_id.is_empty() {
        row.check_id.clone_from(&row.name);
    }
    if row.node.is_empty() {
        node.clone_into(&mut row.node);
    }
    row
}

fn mistakes(row: &ServiceRow) -> Vec<String> {
    let mut found = Vec::new();
    if row.kind == CONNECT_PROXY {
        if row.proxy.destination_service_name.trim().is_empty() {
            found.push("Proxy.DestinationServiceName must be non-empty for Connect proxy services".to_owned());
        }
        if row.port == 0 && row.socket_path.is_empty() {
            found.push("Port must be set for a Connect proxy".to_owned());
        }
        if row.connect.native {
            found.push("A Proxy cannot also be Connect Native, only typical services".to_owned());
        }
        upstream_mistakes(&row.proxy.upstreams, &mut found);
        exposed_mistakes(&row.proxy, &mut found);
    }
    if row.is_gateway() {
        gateway_mistakes(row, &mut found);
    }
    found
}

fn upstream_mistakes(upstreams: &[Upstream], found: &mut Vec<String>) {
    let mut bound = BTreeSet::new();
    for upstream in upstreams {
        if upstream.destination_name.is_empty() {
            found.push("upstream destination name cannot be empty".to_owned());
            continue;
        }
        if upstream.local_bind_port == 0 && upstream.local_bind_socket_path.is_empty() {
            found.push("upstream local bind port cannot be zero".to_owned());
            continue;
        }
        let host = if upstream.local_bind_address.is_empty() { "127.0.0.1" } else { &upstream.local_bind_address };
        let address = match upstream.local_bind_port {
            0 => upstream.local_bind_socket_path.clone(),
            port if host.contains(':') => format!("[{host}]:{port}"),
            port => format!("{host}:{port}"),
        };
        if bound.contains(&address) {
            found.push(format!("upstreams cannot contain duplicates by local bind address and port; {address:?} is specified twice"));
        }
        bound.insert(address);
    }
}

fn exposed_mistakes(proxy: &Proxy, found: &mut Vec<String>) {
    let (mut paths, mut listeners) = (BTreeSet::new(), BTreeSet::new());
    for exposed in &proxy.expose.paths {
        if exposed.path.is_empty() {
            found.push("expose.paths: empty path exposed".to_owned());
        }
        if !paths.insert(&exposed.path) {
            found.push("expose.paths: duplicate paths exposed".to_owned());
        }
        if !listeners.insert(exposed.listener_port) {
            found.push("expose.paths: duplicate listener ports exposed".to_owned());
        }
        if !(1..=65535).contains(&exposed.listener_port) {
            found.push(format!("expose.paths: invalid listener port: {}", exposed.listener_port));
        }
        let protocol = exposed.protocol.to_lowercase();
        if !matches!(&*protocol, "" | "http" | "http2") {
            found.push(format!("protocol '{protocol}' not supported for path: {}, must be in: [http http2]", exposed.path));
        }
    }
}

fn gateway_mistakes(row: &ServiceRow, found: &mut Vec<String>) {
    let (kind, proxy) = (&row.kind, &row.proxy);
    if row.port == 0 && matches!(&**kind, "mesh-gateway" | "terminating-gateway") {
        found.push(format!("Port must be non-zero for a {kind}"));
    }
    let set = [
        ("DestinationServiceName", !proxy.destination_service_name.is_empty()),
        ("DestinationServiceID", !proxy.destination_service_id.is_empty()),
        ("LocalServiceAddress", !proxy.local_service_address.is_empty()),
        ("LocalServicePort", proxy.local_service_port != 0),
        ("Upstreams", !proxy.upstreams.is_empty()),
    ];
    for (field, _) in set.iter().filter(|(_, is_set)| *is_set) {
        found.push(format!("The Proxy.{field} configuration is invalid for a {kind}"));
    }
}
