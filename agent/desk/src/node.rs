//! What an agent says of its own node, and the services and checks there.

use crate::{AgentSettings, Reloadable};
use api::catalog::NodeRow;
use services::{Services, StartError};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The services and checks of an agent: those of its configuration, and those that were kept. `seed` is random.
///
/// # Errors
/// When the data directory or a definition cannot be used.
pub(crate) fn services(settings: &AgentSettings, node_id: &str, seed: u64) -> Result<Services, StartError> {
    Services::new(settings.reloadable.services.clone(), row(settings, node_id), settings.data_dir.as_deref(), seed)
}

fn row(settings: &AgentSettings, node_id: &str) -> NodeRow {
    let mut tagged_addresses = BTreeMap::new();
    for (network, address) in [("lan", settings.advertise), ("wan", settings.advertise_wan)] {
        tagged_addresses.insert(network.to_owned(), address.to_string());
        tagged_addresses.insert(format!("{network}_{}", family(address)), address.to_string());
    }
    NodeRow {
        id: node_id.to_owned(),
        node: settings.node_name.clone(),
        address: settings.advertise.to_string(),
        datacenter: settings.datacenter.clone(),
        tagged_addresses,
        meta: meta(&settings.reloadable),
        ..NodeRow::default()
    }
}

/// The metadata of the node: what it was given, and its segment. There is one, and it has no name.
pub(crate) fn meta(settings: &Reloadable) -> BTreeMap<String, String> {
    let mut meta = settings.node_meta.clone();
    meta.insert("consul-network-segment".to_owned(), String::new());
    meta
}

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "ipv4" } else { "ipv6" }
}
