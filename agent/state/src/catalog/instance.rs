//! Registering instances and removing them.

use super::{Name, Place, is_named, name};
use crate::{Change, Table};
use api::catalog::ServiceRow;
use std::sync::Arc;

impl Change<'_> {
    /// Registers an instance, or changes it.
    ///
    /// # Errors
    /// When there is no such node, or the instance has no id, or there is no virtual IP left for the service it leads to.
    pub(crate) fn put_service(&mut self, node: &str, row: ServiceRow) -> Result<Arc<ServiceRow>, String> {
        let (node, id) = (name(node), name(&row.id));
        let Some(host) = self.state.catalog.nodes.get(&node) else {
            return Err("Missing node registration".to_owned());
        };
        if id.is_empty() {
            return Err("failed inserting service: object missing primary index".to_owned());
        }
        let known = host.services.get(&id).cloned();
        let mut row = self.with_virtual_ip(row)?;
        if let Some(known) = &known {
            (row.create_index, row.modify_index) = (known.create_index, known.modify_index);
            if **known == row {
                return Ok(Arc::clone(known));
            }
            row.modify_index = self.index();
        } else {
            row.create_index = self.index();
            row.modify_index = row.create_index;
        }
        let row = Arc::new(row);
        self.in_host(&node, |host| drop(host.services.insert(Name::clone(&id), Arc::clone(&row))));
        self.relink(&(node, id), known.as_deref(), Some(&row));
        Ok(row)
    }

    /// Removes an instance and its checks.
    pub(crate) fn remove_service(&mut self, node: &str, id: &str) {
        let (node, id) = (name(node), name(id));
        let Some(host) = self.state.catalog.nodes.get(&node).cloned() else {
            return;
        };
        let Some(row) = host.services.get(&id) else {
            return;
        };
        for check in host.checks.values().filter(|check| is_named(&check.service_id, &id)) {
            self.remove_check(&node, &check.check_id);
        }
        self.in_host(&node, |host| drop(host.services.remove(&id)));
        self.relink(&(node, id), Some(row), None);
    }

    /// Has an instance found where it is to be found now, and no longer where it was.
    fn relink(&mut self, place: &Place, old: Option<&ServiceRow>, new: Option<&ServiceRow>) {
        self.relabel(old, new);
        if let Some(new) = new {
            self.in_service(&new.service, |service| drop(service.instances.insert(place.clone())));
        }
        let left = old.map(|old| name(&old.service));
        if let Some(old) = old {
            let moved = new.is_none_or(|new| name(&new.service) != name(&old.service));
            self.in_service(&old.service, |service| {
                if moved {
                    service.instances.remove(place);
                }
            });
        }
        let destination = |row: Option<&ServiceRow>| row.and_then(ServiceRow::mesh_destination).map(name);
        let (old, new) = (destination(old), destination(new));
        if let Some(new) = &new {
            self.in_mesh(new, |mesh| drop(mesh.instances.insert(place.clone())));
        }
        if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
            self.in_mesh(&old, |mesh| drop(mesh.instances.remove(place)));
            self.release_virtual_ip(&old);
        }
        if let Some(left) = left {
            self.release_virtual_ip(&left);
        }
        self.touch_table(Table::Instances);
    }
}
