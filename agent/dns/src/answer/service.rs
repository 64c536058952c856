//! Services: their addresses, and their places.

use super::node::meta;
use super::{Draft, Host, Open, Scene};
use crate::record::{Data, Entry, Fact, Response, kind};
use api::catalog::{CRITICAL, NodeRow, PASSING, WARNING};
use api::health::Instance;
use api::translate;
use hickory_proto::rr::Name;
use std::collections::HashSet;
use std::net::IpAddr;

/// Instances of which a client may be told.
pub(crate) struct Places<'r> {
    pub(crate) instances: Vec<&'r Instance>,
    pub(crate) ttl: u32,
    /// Which of their ports, by name.
    pub(crate) port: Option<&'r str>,
}

impl<'r> Places<'r> {
    /// Those that are well enough.
    pub(crate) fn of(scene: &Scene<'_>, instances: &'r [Instance], ttl: u32, port: Option<&'r str>) -> Self {
        let well = |instance: &&Instance| {
            let worst = if scene.config.only_passing { WARNING } else { CRITICAL };
            let fails = |status: &str| status == CRITICAL || status == worst || status.is_empty();
            !instance.checks.iter().any(|check| fails(&check.status))
        };
        let has_port = |instance: &&Instance| port.is_none_or(|port| instance.service.ports.iter().any(|known| known.name == port));
        Self { instances: instances.iter().filter(well).filter(has_port).collect(), ttl, port }
    }

    /// Those that somebody else has chosen.
    pub(crate) fn chosen(instances: &'r [Instance], ttl: u32) -> Self {
        Self { instances: instances.iter().collect(), ttl, port: None }
    }
}

/// An answer about a service: it is there as long as there is an instance to tell of.
pub(crate) fn of_service(scene: &Scene<'_>, found: &Places<'_>) -> Draft {
    match scene.kind {
        _ if found.instances.is_empty() => scene.absent().into(),
        kind::SRV => places(scene, found),
        _ => addresses(scene, found),
    }
}

/// The addresses of instances, each once.
fn addresses(scene: &Scene<'_>, places: &Places<'_>) -> Draft {
    let (mut answers, mut seen, mut alias) = (Vec::new(), HashSet::new(), None);
    for instance in &places.instances {
        match Host::read(scene.instance_address(instance)) {
            Some(Host::Ip(ip)) if scene.wants(ip) && seen.insert(ip) => answers.push(Entry::asked(places.ttl, Data::address(ip))),
            Some(Host::Name(name)) => alias = alias.or(Some(name)),
            _ => {}
        }
    }
    match alias {
        // A name has either one other name, or records of its own (RFC 1034 section 3.6.2).
        Some(name) if answers.is_empty() => {
            let answers = vec![Entry::asked(places.ttl, Data::Cname(name.clone()))];
            Draft { response: Response { answers, ..scene.blank() }, open: vec![Open { name, extra_of: None }] }
        }
        _ if answers.is_empty() => scene.nothing().into(),
        _ => {
            let most = Some(scene.config.a_record_limit).filter(|limit| *limit > 0);
            Response { answers, equals: true, most, ..scene.blank() }.into()
        }
    }
}

/// Host, port and weight of instances.
fn places(scene: &Scene<'_>, places: &Places<'_>) -> Draft {
    let (mut answers, mut open, mut seen, mut texts) = (Vec::new(), Vec::new(), HashSet::new(), Texts::default());
    for instance in &places.instances {
        let port = scene.port(instance, places.port);
        if !seen.insert((&instance.node.node, scene.instance_address(instance), port)) {
            continue;
        }
        let Some((target, extras)) = target(scene, instance, places.ttl) else { continue };
        texts.note(scene, &instance.node, &target);
        if extras.is_empty() {
            open.push(Open { name: target.clone(), extra_of: Some(answers.len()) });
        }
        let data = Data::Srv { weight: weight(instance), port, target };
        answers.push(Entry { extras, ..Entry::asked(places.ttl, data) });
    }
    if answers.is_empty() {
        return scene.nothing().into();
    }
    let additional = texts.besides(places.ttl);
    Draft { response: Response { answers, additional, equals: true, ..scene.blank() }, open }
}

/// The nodes of places, for their metadata.
#[derive(Default)]
struct Texts<'r> {
    /// Those that are targets themselves: their metadata comes along with their addresses.
    targets: HashSet<Name>,
    /// All others, in the order of their places.
    others: Vec<(Name, &'r NodeRow)>,
}

impl<'r> Texts<'r> {
    fn note(&mut self, scene: &Scene<'_>, node: &'r NodeRow, target: &Name) {
        let Some(name) = scene.node_name(node).filter(|_| scene.config.node_meta_txt) else { return };
        if name == *target {
            self.targets.insert(name);
        } else {
            self.others.push((name, node));
        }
    }

    /// The metadata of nodes that are not targets, each node's once.
    fn besides(self, ttl: u32) -> Vec<Entry> {
        let Self { targets: mut told, others } = self;
        let untold = others.into_iter().filter(|(name, _)| told.insert(name.clone()));
        let texts = untold.flat_map(|(name, node)| meta(node, ttl).map(move |fact| (name.clone(), fact)));
        texts.map(|(name, Fact { ttl, data })| Entry { owner: Some(name), ..Entry::asked(ttl, data) }).collect()
    }
}

/// The name of an instance's host, and what is known of it: nothing when it is a name from elsewhere.
fn target(scene: &Scene<'_>, instance: &Instance, ttl: u32) -> Option<(Name, Vec<Fact>)> {
    let node = &instance.node;
    let (own, _) = scene.place(instance);
    let address = if own.is_empty() { scene.node_address(node) } else { own };
    match Host::read(address)? {
        Host::Name(name) => Some((name, Vec::new())),
        // Its name stands for the address that the node itself goes by, not for a translated one.
        Host::Ip(ip) if own.is_empty() && address == node.address => {
            let name = scene.node_name(node)?;
            let text = scene.config.node_meta_txt.then(|| meta(node, ttl)).into_iter().flatten();
            Some((name, [Fact { ttl, data: Data::address(ip) }].into_iter().chain(text).collect()))
        }
        Host::Ip(ip) => {
            let digits = match ip {
                IpAddr::V4(ip) => format!("{:08x}", ip.to_bits()),
                IpAddr::V6(ip) => format!("{:032x}", ip.to_bits()),
            };
            let name = scene.zone.name_of(&[&digits, "addr", &node.datacenter])?;
            Some((name, vec![Fact { ttl, data: Data::address(ip) }]))
        }
    }
}

/// Its share among its equals, by its health.
fn weight(instance: &Instance) -> u16 {
    let warns = instance.checks.iter().any(|check| check.status != PASSING);
    let weights = &instance.service.weights;
    u16::try_from(if warns { weights.warning } else { weights.passing }).unwrap_or(1)
}

impl Scene<'_> {
    /// A node's own name; `None` when it cannot be one.
    pub(super) fn node_name(&self, row: &NodeRow) -> Option<Name> {
        self.zone.name_of(&[&row.node, "node", &row.datacenter])
    }

    /// As the catalog has it, or as this datacenter has to use it: address and port.
    fn place<'r>(&self, instance: &'r Instance) -> (&'r str, i32) {
        let Instance { node, service, .. } = instance;
        if self.config.translate_wan_addrs {
            translate::instance_place(service, node, &self.config.datacenter)
        } else {
            (&service.address, service.port)
        }
    }

    fn instance_address<'r>(&self, instance: &'r Instance) -> &'r str {
        match self.place(instance).0 {
            "" => self.node_address(&instance.node),
            own => own,
        }
    }

    fn port(&self, instance: &Instance, named: Option<&str>) -> u16 {
        let row = &instance.service;
        let (_, own) = self.place(instance);
        let of_list = match named {
            Some(name) => row.ports.iter().find(|port| port.name == name),
            None => row.ports.iter().find(|port| port.default),
        };
        // Behind a tagged port there is the one that it stands for.
        let port = if own == row.port { of_list.map_or(own, |port| port.port) } else { own };
        u16::try_from(port).unwrap_or(0)
    }
}
