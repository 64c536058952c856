//! Raising the indexes of topics, and waking who waits on them.
//!
//! An index that is that of this change already has been raised by it, and its topic touched: a registration of a node with many
//! services touches each of them once, however many of its parts concern it.

use super::{Host, Mesh, Name, Place, Service, name};
use crate::{Change, Table, Topic};
use std::sync::Arc;

impl Change<'_> {
    pub(crate) fn touch_table(&mut self, table: Table) {
        let now = self.index();
        let indexes = &mut self.state.catalog.indexes;
        let index = match table {
            Table::Nodes => &mut indexes.nodes,
            Table::Services => &mut indexes.services,
            Table::Instances => &mut indexes.instances,
            Table::Checks => &mut indexes.checks,
            Table::Coordinates => &mut indexes.coordinates,
            Table::Autopilot | Table::Ca | Table::Datacenters | Table::Queries => return,
        };
        if std::mem::replace(index, now) != now {
            self.touch(table);
        }
    }

    /// Changes a node that there is.
    pub(super) fn in_host(&mut self, node: &Name, change: impl FnOnce(&mut Host)) {
        let now = self.index();
        let Some(host) = self.state.catalog.nodes.get_mut(node) else {
            return;
        };
        let host = Arc::make_mut(host);
        change(host);
        if std::mem::replace(&mut host.index, now) != now {
            self.touch(Topic::Node(Name::clone(node)));
        }
    }

    /// Changes what is known of a service, in whatever case its name is; drops it when nothing is left of it.
    pub(super) fn in_service(&mut self, service: &str, change: impl FnOnce(&mut Service)) {
        let (key, now) = (name(service), self.index());
        let catalog = &mut self.state.catalog;
        let entry = Arc::make_mut(catalog.services.entry(Name::clone(&key)).or_default());
        change(entry);
        let fresh = std::mem::replace(&mut entry.index, now) != now;
        if entry.instances.is_empty() && entry.checks.is_empty() && entry.labels.is_empty() {
            catalog.services.remove(&key);
            catalog.indexes.service_gone = now;
        }
        if fresh {
            self.touch(Topic::Service(key));
        }
    }

    /// Changes what is known of how a service is reached over the mesh.
    pub(super) fn in_mesh(&mut self, destination: &str, change: impl FnOnce(&mut Mesh)) {
        let (key, now) = (name(destination), self.index());
        let catalog = &mut self.state.catalog;
        let entry = Arc::make_mut(catalog.mesh.entry(Name::clone(&key)).or_default());
        change(entry);
        let fresh = std::mem::replace(&mut entry.index, now) != now;
        if entry.instances.is_empty() {
            catalog.mesh.remove(&key);
            catalog.indexes.mesh_gone = now;
        }
        if fresh {
            self.touch(Topic::Mesh(key));
        }
    }

    /// An instance changed, or a check of it did: its service, and the one it leads to.
    pub(super) fn touch_instance(&mut self, (node, id): &Place) {
        let Some(row) = self.state.catalog.nodes.get(node).and_then(|host| host.services.get(id)).cloned() else {
            return;
        };
        self.in_service(&row.service, |_| {});
        if let Some(destination) = row.mesh_destination() {
            self.in_mesh(destination, |_| {});
        }
    }

    /// A node changed, or a check of it did: all that is on it.
    pub(super) fn touch_instances_on(&mut self, node: &Name) {
        let Some(services) = self.state.catalog.nodes.get(node).map(|host| host.services.clone()) else {
            return;
        };
        for id in services.keys() {
            self.touch_instance(&(Name::clone(node), Name::clone(id)));
        }
    }
}
