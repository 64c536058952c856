//! Registering checks and removing them.

use super::{Name, name};
use crate::{Change, Table};
use api::catalog::{CRITICAL, CheckRow};
use std::sync::Arc;

impl Change<'_> {
    /// Registers a check, or changes it. It takes over the name and the tags of its instance, and keeps them when these change: so does
    /// Consul's, until the check is registered again.
    ///
    /// # Errors
    /// When there is no such node or instance, or the check has no id.
    pub(crate) fn put_check(&mut self, mut row: CheckRow) -> Result<Arc<CheckRow>, String> {
        let (node, id) = (name(&row.node), name(&row.check_id));
        let Some(host) = self.state.catalog.nodes.get(&node) else {
            return Err("Missing node registration".to_owned());
        };
        if row.status.is_empty() {
            CRITICAL.clone_into(&mut row.status);
        }
        if !row.is_of_node() {
            let Some(instance) = host.service(&row.service_id) else {
                return Err("Missing service registration".to_owned());
            };
            row.service_name.clone_from(&instance.service);
            row.service_tags.clone_from(&instance.tags);
        }
        if id.is_empty() {
            return Err("failed inserting check: object missing primary index".to_owned());
        }
        let known = host.checks.get(&id).cloned();
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
        self.in_host(&node, |host| drop(host.checks.insert(Name::clone(&id), Arc::clone(&row))));
        if let Some(known) = known {
            self.unlink(&node, &id, &known);
        }
        self.link(&node, &id, &row);
        Ok(row)
    }

    /// Removes a check.
    pub(crate) fn remove_check(&mut self, node: &str, id: &str) {
        let (node, id) = (name(node), name(id));
        let Some(row) = self.state.catalog.nodes.get(&node).and_then(|host| host.checks.get(&id)).cloned() else {
            return;
        };
        self.in_host(&node, |host| drop(host.checks.remove(&id)));
        self.unlink(&node, &id, &row);
    }

    fn link(&mut self, node: &Name, id: &Name, row: &CheckRow) {
        if !row.service_name.is_empty() {
            self.in_service(&row.service_name, |service| drop(service.checks.insert((Name::clone(node), Name::clone(id)))));
        }
        self.touch_subject(node, row);
    }

    fn unlink(&mut self, node: &Name, id: &Name, row: &CheckRow) {
        self.touch_subject(node, row);
        if !row.service_name.is_empty() {
            self.in_service(&row.service_name, |service| drop(service.checks.remove(&(Name::clone(node), Name::clone(id)))));
        }
    }

    /// A check changed: what it is about.
    fn touch_subject(&mut self, node: &Name, row: &CheckRow) {
        self.touch_table(Table::Checks);
        if row.is_of_node() {
            self.touch_instances_on(node);
        } else {
            self.touch_instance(&(Name::clone(node), name(&row.service_id)));
        }
    }
}
