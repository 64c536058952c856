//! Names of addresses: `….in-addr.arpa`, `….ip6.arpa`.

use super::Scene;
use crate::record::{Data, Entry, Response};
use api::catalog::Holders;

/// The node that has the address, or else the services that have. `None` when nobody has.
pub(crate) fn reverse(scene: &Scene<'_>, holders: &Holders) -> Option<Response> {
    let node = holders.node.as_ref().and_then(|node| scene.node_name(node));
    let dc = &scene.config.datacenter;
    let services = holders.services.iter().filter_map(|service| scene.zone.name_of(&[service, "service", dc]));
    let names: Vec<_> = if holders.node.is_some() { node.into_iter().collect() } else { services.collect() };
    let answers: Vec<_> = names.into_iter().map(|name| Entry::asked(scene.config.ttl.node, Data::Ptr(name))).collect();
    (!answers.is_empty()).then(|| Response { answers, ..scene.blank() })
}
