//! What a process is told when it starts: Consul's keys.

use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::path::Path;

/// The federation's gossip key. It guards nothing but tests.
const GOSSIP_KEY: &str = "mRvO0cX2bWm5Y3yJYQ8m0T8m0m1m7Qe0vJ3uH8yqkYk=";

/// Who is where.
pub(crate) struct Place<'a> {
    pub(crate) dc: &'a str,
    pub(crate) name: &'a str,
    pub(crate) address: Ipv4Addr,
    pub(crate) directory: &'a Path,
    /// Servers of this datacenter.
    pub(crate) servers: &'a [Ipv4Addr],
}

/// A server's file. `expect` servers make a datacenter.
pub(crate) fn server(place: &Place<'_>, expect: usize) -> Value {
    let address = place.address.to_string();
    json!({
        "datacenter": place.dc,
        "primary_datacenter": "dc1",
        "node_name": place.name,
        "server": true,
        "bootstrap_expect": expect,
        "bind_addr": address,
        "client_addr": address,
        "data_dir": place.directory.join("data"),
        "retry_join": texts(place.servers),
        "retry_interval": "1s",
        "encrypt": GOSSIP_KEY,
        "log_level": "info",
        "performance": { "raft_multiplier": 1 },
        "connect": { "enabled": true },
        "limits": { "http_max_conns_per_client": 10_000 },
    })
}

/// A client agent's file.
pub(crate) fn client_agent(place: &Place<'_>) -> Value {
    let mut own = server(place, 0);
    own["server"] = json!(false);
    own.as_object_mut().map(|own| own.remove("bootstrap_expect"));
    own
}

/// A gateway's file; `wan` are gateways of the first datacenter.
pub(crate) fn gateway(place: &Place<'_>, wan: &[Ipv4Addr]) -> Value {
    json!({
        "datacenter": place.dc,
        "primary_datacenter": "dc1",
        "node_name": place.name,
        "bind_addr": place.address.to_string(),
        "data_dir": place.directory.join("data"),
        "retry_join": texts(place.servers),
        "retry_join_wan": texts(wan),
        "encrypt": GOSSIP_KEY,
        "log_level": "info",
    })
}

/// `onto` with the members of `changes`.
pub(crate) fn with(mut onto: Value, changes: &Value) -> Value {
    if let (Some(onto), Some(changes)) = (onto.as_object_mut(), changes.as_object()) {
        onto.extend(changes.clone());
    }
    onto
}

fn texts(addresses: &[Ipv4Addr]) -> Vec<String> {
    addresses.iter().map(Ipv4Addr::to_string).collect()
}
