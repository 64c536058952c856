//! The zone itself: its start, and its name servers.

use super::service::Places;
use super::{Host, Scene};
use crate::record::{Data, Entry, Fact, Response, Soa};
use api::health::Instance;

/// The service that servers are instances of.
pub(crate) const SERVERS: &str = "consul";

/// Name servers in an answer, at the most.
const MOST: usize = 3;

/// The zone's start; `None` where the domain is too long to have further names.
pub(crate) fn start(scene: &Scene<'_>) -> Option<Entry> {
    let (server, mailbox) = (scene.zone.name_of(&["ns"])?, scene.zone.name_of(&["hostmaster"])?);
    let times = scene.config.soa;
    let entry = Entry::asked(times.minimum, Data::Soa(Soa { server, mailbox, times }));
    Some(Entry { owner: Some(scene.zone.name().clone()), ..entry })
}

/// The servers of this datacenter as name servers of the zone, with their addresses. Those whose names cannot be in DNS are left out.
pub(crate) fn servers(scene: &Scene<'_>, instances: &[Instance]) -> Response {
    let ttl = scene.config.ttl.node;
    let places = Places::of(scene, instances, ttl, None);
    let server = |instance: &&Instance| {
        let node = &instance.node;
        let name = is_label(&node.node).then(|| scene.node_name(node))??;
        let ip = match Host::read(scene.node_address(node)) {
            Some(Host::Ip(ip)) => Some(Fact { ttl, data: Data::address(ip) }),
            _ => None,
        };
        let owner = Some(scene.zone.name().clone());
        Some(Entry { owner, extras: ip.into_iter().collect(), ..Entry::asked(ttl, Data::Ns(name)) })
    };
    let answers = places.instances.iter().filter_map(server).collect();
    Response { answers, equals: true, most: Some(MOST), ..scene.blank() }
}

fn is_label(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
