//! Reads of the catalog.

use super::{Catalog, Host, Label, Listed, Name, Place, WantedTags, name};
use crate::{Evaluate, Table, Topic, View};
use api::catalog::{
    AddressHolders, Holders, Instance, Instances, Node, NodeList, NodeServices, Nodes, Service, ServiceRow, ServiceTags, Services, Tagged,
};
use api::{Access, Error, Resource};
use filter::schema;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

impl Evaluate for Nodes {
    fn evaluate(&self, view: &View<'_>) -> Result<NodeList, Error> {
        let listed = Listed::new(&self.select, &schema::NODE)?;
        let catalog = &view.state.catalog;
        view.saw_nodes();
        let rows = catalog.nodes.values().map(|host| &host.row);
        let wanted = rows.filter(|row| listed.has_meta(row) && view.may_see_node(&row.node) && listed.passes(&***row));
        let mut nodes: Vec<_> = wanted.map(|row| (**row).clone()).collect();
        listed.nearest_first(view, &mut nodes, |row| &row.node);
        Ok(NodeList { nodes })
    }
}

impl Evaluate for Services {
    fn evaluate(&self, view: &View<'_>) -> Result<ServiceTags, Error> {
        let listed = Listed::new(&self.select, &schema::SERVICES)?;
        let catalog = &view.state.catalog;
        view.saw(Topic::Table(Table::Services), catalog.indexes.services);
        let mut tags: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        if listed.asks_for_meta() {
            view.saw(Topic::Table(Table::Instances), catalog.indexes.instances);
            view.saw_nodes();
            let hosts = catalog.nodes.values().filter(|host| listed.has_meta(&host.row));
            for row in hosts.flat_map(|host| host.services.values()) {
                tags.entry(&row.service).or_default().extend(row.tags.iter().map(String::as_str));
            }
        } else {
            for Label { service, tag } in catalog.services.values().flat_map(|service| service.labels.keys()) {
                tags.entry(service).or_default().extend(tag.as_deref());
            }
        }
        let rows = tags.into_iter().filter(|(name, _)| view.may(Resource::Service, Access::Read, name));
        let rows = rows.map(|(name, tags)| Tagged { name: name.to_owned(), tags: tags.into_iter().map(str::to_owned).collect() });
        Ok(ServiceTags { services: rows.filter(|row| listed.passes(row)).collect() })
    }
}

impl Evaluate for Service {
    fn evaluate(&self, view: &View<'_>) -> Result<Instances, Error> {
        let listed = Listed::new(&self.select, &schema::CATALOG_SERVICE)?;
        let tags = WantedTags::all(&self.tags);
        let wanted = instances(view, &self.name, self.connect)
            .filter(|(host, service, _)| listed.has_meta(&host.row) && tags.take(service) && view.may_see_instance(host, service))
            .map(|(host, service, _)| Instance { node: (*host.row).clone(), service: (**service).clone() });
        let mut instances: Vec<_> = wanted.filter(|instance| listed.passes(instance)).collect();
        listed.nearest_first(view, &mut instances, |instance| &instance.node.node);
        Ok(Instances { instances })
    }
}

/// The instances of a service, or those by which it is reached over the mesh: node, instance, its id in lower case.
pub(crate) fn instances<'v>(
    view: &'v View<'_>,
    service: &str,
    over_the_mesh: bool,
) -> impl Iterator<Item = (&'v Host, &'v Arc<ServiceRow>, &'v str)> {
    let (key, catalog): (_, &Catalog) = (name(service), &view.state.catalog);
    let (places, index, topic) = if over_the_mesh {
        let found = catalog.mesh.get(&key);
        (found.map(|mesh| &mesh.instances), found.map(|mesh| mesh.index).unwrap_or_else(|| catalog.absent_mesh()), Topic::Mesh(key))
    } else {
        let found = catalog.services.get(&key);
        let index = found.map(|service| service.index).unwrap_or_else(|| catalog.absent_service());
        (found.map(|service| &service.instances), index, Topic::Service(key))
    };
    if places.is_none() {
        view.found_nothing();
    }
    view.saw(topic, index);
    places.into_iter().flatten().filter_map(|(node, id)| {
        let host = catalog.nodes.get(node)?;
        Some((&**host, host.services.get(id)?, &**id))
    })
}

/// The checks that were registered for a service.
pub(crate) fn checks<'v>(view: &'v View<'_>, service: &str) -> impl Iterator<Item = (&'v Host, &'v Arc<api::catalog::CheckRow>)> {
    let (key, catalog): (_, &Catalog) = (name(service), &view.state.catalog);
    let found = catalog.services.get(&key);
    if found.is_none() {
        view.found_nothing();
    }
    view.saw(Topic::Service(key), found.map(|service| service.index).unwrap_or_else(|| catalog.absent_service()));
    found.into_iter().flat_map(|service| &service.checks).filter_map(|(node, id): &Place| {
        let host = catalog.nodes.get(node)?;
        Some((&**host, host.checks.get(id)?))
    })
}

impl Evaluate for Node {
    fn evaluate(&self, view: &View<'_>) -> Result<NodeServices, Error> {
        let listed = Listed::new(&self.select, &schema::NODE_SERVICE)?;
        let found = node(view, &self.node).filter(|host| view.may_see_node(&host.row.node));
        let Some(host) = found else {
            view.found_nothing();
            return Ok(NodeServices { as_list: self.as_list, ..NodeServices::default() });
        };
        let rows = host.services.values().filter(|row| view.may(Resource::Service, Access::Read, &row.service) && listed.passes(&***row));
        let services = rows.map(|row| (**row).clone()).collect();
        Ok(NodeServices { node: Some((*host.row).clone()), services, as_list: self.as_list })
    }
}

/// How much of an id stands for it, if no other begins so.
const SHORTEST_PREFIX: usize = 2;

/// The node of this name; or with this id; or the only one whose id begins so.
fn node<'v>(view: &'v View<'_>, asked: &str) -> Option<&'v Arc<Host>> {
    let catalog: &Catalog = &view.state.catalog;
    if let Some(host) = node_named(view, asked) {
        return Some(host);
    }
    // Any node may come to have such an id.
    view.saw_nodes();
    let prefix = name(asked);
    let is_prefix = prefix.len() >= SHORTEST_PREFIX && prefix.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let mut found = catalog.ids.range(Name::clone(&prefix)..).take_while(|(id, _)| is_prefix && id.starts_with(&*prefix));
    let (_, node) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    node_named(view, node)
}

/// The node of this name.
pub(crate) fn node_named<'v>(view: &'v View<'_>, node: &str) -> Option<&'v Arc<Host>> {
    let (key, catalog): (_, &Catalog) = (name(node), &view.state.catalog);
    let found = catalog.nodes.get(&key);
    view.saw(Topic::Node(key), found.map(|host| host.index).unwrap_or(catalog.indexes.nodes));
    found
}

impl View<'_> {
    /// Records that the answer depends on any node.
    pub(crate) fn saw_nodes(&self) {
        self.saw(Topic::Table(Table::Nodes), self.state.catalog.indexes.nodes);
    }

    pub(crate) fn may_see_node(&self, node: &str) -> bool {
        self.may(Resource::Node, Access::Read, node)
    }

    pub(crate) fn may_see_instance(&self, host: &Host, service: &ServiceRow) -> bool {
        self.may_see_node(&host.row.node) && self.may(Resource::Service, Access::Read, &service.service)
    }
}

impl Evaluate for AddressHolders {
    fn evaluate(&self, view: &View<'_>) -> Result<Holders, Error> {
        let wanted: IpAddr = self.address.parse().map_err(|_| Error::bad_request(format!("{:?} is no IP address", self.address)))?;
        let is_wanted = |address: &str| address.parse() == Ok(wanted);
        let catalog = &view.state.catalog;
        view.saw_nodes();
        view.saw(Topic::Table(Table::Instances), catalog.indexes.instances);
        let nodes = catalog.nodes.values().filter(|host| is_wanted(&host.row.address));
        let node = nodes.map(|host| &host.row).find(|row| view.may_see_node(&row.node));
        let rows = catalog.nodes.values().flat_map(|host| host.services.values().map(move |row| (host, row)));
        let rows = rows.filter(|(host, row)| is_wanted(&row.address) && view.may_see_instance(host, row));
        let services: BTreeSet<&str> = rows.map(|(_, row)| &*row.service).collect();
        if node.is_none() && services.is_empty() {
            view.found_nothing();
        }
        Ok(Holders { node: node.map(|row| (**row).clone()), services: services.into_iter().map(str::to_owned).collect() })
    }
}
