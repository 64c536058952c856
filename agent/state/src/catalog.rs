//! Nodes, the instances of services on them, and the checks of both.
//!
//! Everything hangs on its node, since that is how it comes and goes. Beside the nodes stand what reads look up: nodes by id,
//! instances and checks by service, instances by the service they lead to over the mesh. Names are looked up in lower case, and shown
//! as they were given.
//!
//! **Indexes.** Each topic that can be waited on has an index of its own, and each change raises exactly those of the topics it
//! touches: a change of a node, or of a check of the node, those of every service on it. When the last row of a topic goes, its index
//! goes with it: an absent one answers with the greatest index that a topic of its kind could have had ([`Catalog::absent_service`]),
//! so that none falls.

mod check;
mod deregister;
mod instance;
mod label;
mod list;
mod needs;
mod node;
pub(crate) mod read;
mod register;
mod restore;
mod touch;
mod validate;
mod virtual_ip;
mod wanted_tags;

pub(crate) use list::Listed;
pub(crate) use node::bad_node_id;
pub(crate) use validate::check_defaults;
pub use validate::prepared_service;
pub(crate) use virtual_ip::VirtualIpRow;
pub(crate) use wanted_tags::WantedTags;

use api::catalog::{CheckRow, NodeRow, ServiceRow};
use api::coordinate::Coordinate;
use imbl::{OrdMap, OrdSet};
use label::Label;
use std::sync::Arc;

/// A name or id in lower case.
pub(crate) type Name = Arc<str>;

/// Where a row is: its node, and its id there.
pub(crate) type Place = (Name, Name);

/// All nodes of a datacenter, and what is on them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Catalog {
    nodes: OrdMap<Name, Arc<Host>>,
    /// Nodes by id.
    ids: OrdMap<Name, Name>,
    services: OrdMap<Name, Arc<Service>>,
    /// Instances by the service that they lead to over the mesh.
    mesh: OrdMap<Name, Arc<Mesh>>,
    virtual_ips: virtual_ip::VirtualIps,
    indexes: Indexes,
}

/// A node and what is on it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Host {
    pub(crate) row: Arc<NodeRow>,
    pub(crate) services: OrdMap<Name, Arc<ServiceRow>>,
    pub(crate) checks: OrdMap<Name, Arc<CheckRow>>,
    /// Where it is, by network segment.
    pub(crate) coordinates: OrdMap<Name, Arc<Coordinate>>,
    /// Index of the last change of any of it, but for its coordinates.
    pub(crate) index: u64,
}

/// Where the rows of a service are.
#[derive(Clone, Debug, Default, PartialEq)]
struct Service {
    instances: OrdSet<Place>,
    /// Checks that were registered for it. One whose instance has since moved to another service still says this one's name.
    checks: OrdSet<Place>,
    /// Names as they were given, and tags; each with how many instances have it.
    labels: OrdMap<Label, u32>,
    /// Index of the last change of any of its rows, their nodes, and the checks of these.
    index: u64,
}

/// Where the instances are by which a service is reached over the mesh.
#[derive(Clone, Debug, Default, PartialEq)]
struct Mesh {
    instances: OrdSet<Place>,
    index: u64,
}

/// Indexes of whole tables.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Indexes {
    /// Of the last change of any node.
    #[prost(uint64, tag = 1)]
    pub(crate) nodes: u64,
    /// Of the last change of the names of services and their tags.
    #[prost(uint64, tag = 2)]
    pub(crate) services: u64,
    /// Of the last change of any instance.
    #[prost(uint64, tag = 3)]
    pub(crate) instances: u64,
    /// Of the last change of any check.
    #[prost(uint64, tag = 4)]
    pub(crate) checks: u64,
    /// Since when the service that went last is gone, with all its checks.
    #[prost(uint64, tag = 5)]
    pub(crate) service_gone: u64,
    /// Since when the service is gone from the mesh that went last.
    #[prost(uint64, tag = 6)]
    pub(crate) mesh_gone: u64,
    /// Of the last change of any coordinate.
    #[prost(uint64, tag = 7)]
    pub(crate) coordinates: u64,
}

/// A name as it is looked up.
pub(crate) fn name(given: &str) -> Name {
    if given.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) { given.to_lowercase().into() } else { given.into() }
}

/// Whether what was given is looked up as `key`.
fn is_named(given: &str, key: &str) -> bool {
    if given.is_ascii() { given.eq_ignore_ascii_case(key) } else { given.to_lowercase() == key }
}

impl Catalog {
    /// The node of this name, and what is on it.
    pub(crate) fn host(&self, node: &str) -> Option<&Arc<Host>> {
        self.nodes.get(&*name(node))
    }

    /// The node with this id.
    pub(crate) fn host_with_id(&self, id: &str) -> Option<&Arc<Host>> {
        self.nodes.get(self.ids.get(&*name(id))?)
    }

    /// The first node, by name, with this address.
    pub(crate) fn host_at(&self, address: &str) -> Option<&Arc<Host>> {
        self.hosts().find(|host| !address.is_empty() && host.row.address == address)
    }

    /// All nodes, by name.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &Arc<Host>> {
        self.nodes.values()
    }

    /// Places a node that there is.
    pub(crate) fn relocate(&mut self, node: &Name, segment: Name, coordinate: Arc<Coordinate>) {
        if let Some(host) = self.nodes.get_mut(node) {
            Arc::make_mut(host).coordinates.insert(segment, coordinate);
        }
    }

    /// What a service answers with that nothing is known of.
    fn absent_service(&self) -> u64 {
        self.indexes.services.max(self.indexes.service_gone)
    }

    /// What a service answers with that nothing leads to over the mesh.
    fn absent_mesh(&self) -> u64 {
        self.indexes.services.max(self.indexes.mesh_gone)
    }
}

impl Host {
    pub(crate) fn service(&self, id: &str) -> Option<&Arc<ServiceRow>> {
        self.services.get(&*name(id))
    }

    pub(crate) fn check(&self, id: &str) -> Option<&Arc<CheckRow>> {
        self.checks.get(&*name(id))
    }

    /// The checks that speak of an instance: the node's, then its own.
    pub(crate) fn checks_of<'h>(&'h self, instance: &'h str) -> impl Iterator<Item = &'h Arc<CheckRow>> {
        let of_node = self.checks.values().filter(|check| check.is_of_node());
        let own = self.checks.values().filter(move |check| !check.is_of_node() && is_named(&check.service_id, instance));
        of_node.chain(own)
    }
}

impl crate::State {
    /// The node of this name.
    #[must_use]
    pub fn node(&self, node: &str) -> Option<&NodeRow> {
        self.catalog.host(node).map(|host| &*host.row)
    }

    /// All nodes, by name.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeRow> {
        self.catalog.hosts().map(|host| &*host.row)
    }

    /// The instances on a node, by id; none when there is no such node.
    pub fn services_on(&self, node: &str) -> impl Iterator<Item = &ServiceRow> {
        self.catalog.host(node).into_iter().flat_map(|host| host.services.values()).map(|row| &**row)
    }
}
