//! Addresses as another datacenter has to use them (`translate_wan_addrs`): the one tagged `wan` instead of a node's or an instance's own.
//!
//! Whether a row is of another datacenter is in the row itself, since a query may be answered by one that nobody named.

use crate::catalog::{NodeRow, ServiceRow};
use crate::{Answer, Encoded, Reply};

/// The tag of an address that other datacenters reach.
const WAN: &str = "wan";

/// The address by which datacenter `home` reaches a node.
#[must_use]
pub fn node_address<'r>(node: &'r NodeRow, home: &str) -> &'r str {
    let wan = node.tagged_addresses.get(WAN).filter(|wan| is_abroad(node, home) && !wan.is_empty());
    wan.unwrap_or(&node.address)
}

/// The address and the port by which datacenter `home` reaches an instance on `node`. The address is empty where it is the node's: as with
/// Consul also where the tagged one is. A tagged port of 0 is none.
#[must_use]
pub fn instance_place<'r>(service: &'r ServiceRow, node: &NodeRow, home: &str) -> (&'r str, i32) {
    match service.tagged_addresses.get(WAN).filter(|_| is_abroad(node, home)) {
        Some(wan) => (&wan.address, if wan.port > 0 { wan.port } else { service.port }),
        None => (&service.address, service.port),
    }
}

/// An answer as it is told in datacenter `home`: the same, shared one where there is nothing to translate.
#[must_use]
pub fn answer(answer: Answer, home: &str) -> Answer {
    // What cannot be read is reported by whoever writes it.
    match answer.reply.reply().ok().and_then(|told| reply(told, home)) {
        Some(translated) => Answer { reply: Encoded::new(translated), ..answer },
        None => answer,
    }
}

/// `None` where nothing is to be translated.
fn reply(reply: &Reply, home: &str) -> Option<Reply> {
    let any_abroad = match reply {
        Reply::CatalogNodes(list) => list.nodes.iter().any(|node| is_abroad(node, home)),
        Reply::CatalogNode(found) => found.node.iter().any(|node| is_abroad(node, home)),
        Reply::CatalogService(list) => list.instances.iter().any(|instance| is_abroad(&instance.node, home)),
        Reply::HealthService(list) => list.instances.iter().any(|instance| is_abroad(&instance.node, home)),
        Reply::QueryExecute(executed) => executed.instances.iter().any(|instance| is_abroad(&instance.node, home)),
        _ => false,
    };
    if !any_abroad {
        return None;
    }
    let mut translated = reply.clone();
    match &mut translated {
        Reply::CatalogNodes(list) => list.nodes.iter_mut().for_each(|node| translate(node, [], home)),
        Reply::CatalogNode(found) => found.node.iter_mut().for_each(|node| translate(node, &mut found.services, home)),
        Reply::CatalogService(list) => list.instances.iter_mut().for_each(|found| translate(&mut found.node, [&mut found.service], home)),
        Reply::HealthService(list) => list.instances.iter_mut().for_each(|found| translate(&mut found.node, [&mut found.service], home)),
        Reply::QueryExecute(executed) => {
            executed.instances.iter_mut().for_each(|found| translate(&mut found.node, [&mut found.service], home));
        }
        _ => {}
    }
    Some(translated)
}

fn translate<'r>(node: &mut NodeRow, services: impl IntoIterator<Item = &'r mut ServiceRow>, home: &str) {
    for service in services {
        let (address, port) = instance_place(service, node, home);
        (service.address, service.port) = (address.to_owned(), port);
    }
    node.address = node_address(node, home).to_owned();
}

fn is_abroad(node: &NodeRow, home: &str) -> bool {
    node.datacenter != home
}

#[cfg(test)]
mod tests;
