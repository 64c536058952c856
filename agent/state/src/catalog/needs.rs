//! What a token must allow before it changes the catalog.

use super::Catalog;
use crate::Needs;
use api::catalog::{CheckRow, NodeRow, ServiceRow};
use api::{Access, Resource};

impl Needs {
    /// To register this node, or change it.
    pub(crate) fn node(&mut self, node: &str) {
        self.add(Resource::Node, Access::Write, node);
    }

    /// To register a node, unless it is there already just as it would be.
    pub(crate) fn change_of_node(&mut self, catalog: &Catalog, row: &NodeRow) {
        let known = catalog.host(&row.node).map(|host| &host.row);
        let same = known.is_some_and(|known| {
            let NodeRow { create_index, modify_index, .. } = **known;
            **known == NodeRow { create_index, modify_index, ..row.clone() }
        });
        if !same {
            self.node(&row.node);
        }
    }

    /// To register an instance, or change it: its service, what the instance was before, and what it stands before.
    pub(crate) fn instance(&mut self, catalog: &Catalog, node: &str, row: &ServiceRow) {
        self.add(Resource::Service, Access::Write, &row.service);
        let id = if row.id.is_empty() { &row.service } else { &row.id };
        self.known_instance(catalog, node, id);
        if let Some(destination) = row.mesh_destination().filter(|destination| *destination != row.service) {
            self.add(Resource::Service, Access::Write, destination);
        }
    }

    /// To change an instance that there may be.
    pub(crate) fn known_instance(&mut self, catalog: &Catalog, node: &str, id: &str) {
        if let Some(known) = catalog.host(node).and_then(|host| host.service(id)) {
            self.add(Resource::Service, Access::Write, &known.service);
        }
    }

    /// To register a check, or change it. `registered` is an instance that the same write registers.
    pub(crate) fn check(&mut self, catalog: &Catalog, node: &str, row: &CheckRow, registered: Option<&ServiceRow>) {
        if row.is_of_node() {
            return self.node(node);
        }
        let is_registered = |instance: &&ServiceRow| instance.id == row.service_id || instance.service == row.service_id;
        match registered.filter(is_registered) {
            Some(instance) => self.add(Resource::Service, Access::Write, &instance.service),
            None => self.known_instance(catalog, node, &row.service_id),
        }
    }

    /// To change a check that there may be.
    pub(crate) fn known_check(&mut self, catalog: &Catalog, node: &str, id: &str) {
        match catalog.host(node).and_then(|host| host.check(id)) {
            Some(known) if !known.is_of_node() => self.add(Resource::Service, Access::Write, &known.service_name),
            _ => self.node(node),
        }
    }
}
