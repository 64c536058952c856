//! Registering nodes and removing them.

use super::{Catalog, Host, Name, name};
use crate::{Change, Table, Topic};
use api::catalog::{CRITICAL, NodeRow, SERF_HEALTH};
use imbl::OrdMap;
use std::sync::Arc;

impl Change<'_> {
    /// Registers a node, or changes it. One that is known by its id under another name is renamed, which leaves behind what was on it.
    ///
    /// # Errors
    /// When the name belongs to another node.
    pub(crate) fn put_node(&mut self, mut row: NodeRow) -> Result<Arc<NodeRow>, String> {
        let catalog = &self.state.catalog;
        let same_id = if row.id.is_empty() { None } else { catalog.host_with_id(&row.id).map(|host| Arc::clone(&host.row)) };
        match &same_id {
            Some(known) if known.node != row.node => {
                catalog
                    .name_is_free(&row, false)
                    .map_err(|why| format!("Error while renaming Node ID: {:?} ({}): {why}", row.id, row.address))?;
                self.remove_node(&known.node);
            }
            None if !row.id.is_empty() => {
                catalog.name_is_free(&row, true).map_err(|why| format!("Error while renaming Node ID: {:?}: {why}", row.id))?;
            }
            _ => {}
        }
        let known = same_id.or_else(|| self.state.catalog.host(&row.node).map(|host| Arc::clone(&host.row)));
        if let Some(known) = known {
            (row.create_index, row.modify_index) = (known.create_index, known.modify_index);
            if *known == row {
                return Ok(known);
            }
            row.modify_index = self.index();
        } else {
            row.create_index = self.index();
            row.modify_index = row.create_index;
        }
        Ok(self.place_node(row))
    }

    /// Puts a node in its place, under whatever is on the node of that name.
    fn place_node(&mut self, row: NodeRow) -> Arc<NodeRow> {
        let (key, row) = (name(&row.node), Arc::new(row));
        let catalog = &mut self.state.catalog;
        match catalog.nodes.get(&key) {
            None => {
                let host =
                    Host { row: Arc::clone(&row), services: OrdMap::new(), checks: OrdMap::new(), coordinates: OrdMap::new(), index: 0 };
                catalog.nodes.insert(Name::clone(&key), Arc::new(host));
            }
            Some(replaced) => {
                let id = name(&replaced.row.id);
                let is_shown_otherwise = replaced.row.node != row.node && !replaced.coordinates.is_empty();
                catalog.ids.remove(&id);
                if is_shown_otherwise {
                    self.touch_table(Table::Coordinates);
                }
            }
        }
        if !row.id.is_empty() {
            self.state.catalog.ids.insert(name(&row.id), Name::clone(&key));
        }
        self.in_host(&key, |host| host.row = Arc::clone(&row));
        self.touch_instances_on(&key);
        self.touch_table(Table::Nodes);
        row
    }

    /// Removes a node with all that is on it.
    pub(crate) fn remove_node(&mut self, node: &str) {
        let key = name(node);
        let Some(host) = self.state.catalog.nodes.get(&key).cloned() else {
            return;
        };
        for check in host.checks.values() {
            self.remove_check(node, &check.check_id);
        }
        for service in host.services.values() {
            self.remove_service(node, &service.id);
        }
        let catalog = &mut self.state.catalog;
        catalog.nodes.remove(&key);
        catalog.ids.remove(&name(&host.row.id));
        if !host.coordinates.is_empty() {
            self.touch_table(Table::Coordinates);
        }
        self.touch_table(Table::Nodes);
        self.touch(Topic::Node(key));
    }
}

impl Catalog {
    /// Whether a node may take its name: the node that has it is failed, or nobody watches it. With `upgrade`, also when it has no id:
    /// then this may be the same node with one.
    fn name_is_free(&self, row: &NodeRow, upgrade: bool) -> Result<(), String> {
        let Some(holder) = self.host(&row.node).filter(|holder| holder.row.id != row.id) else {
            return Ok(());
        };
        let is_watched_and_well = holder.check(SERF_HEALTH).is_some_and(|check| check.status != CRITICAL);
        let NodeRow { id, node, address, .. } = &*holder.row;
        if !is_watched_and_well || (id.is_empty() && upgrade) {
            return Ok(());
        }
        Err(format!("Node name {} is reserved by node {id} with name {node} ({address})", row.node))
    }
}

/// What is wrong with a node's id, if anything; no id is a good one.
pub(crate) fn bad_node_id(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Ok(());
    }
    let why = if id.len() != 36 {
        "uuid string is wrong length".to_owned()
    } else if [8, 13, 18, 23].iter().any(|at| id.as_bytes().get(*at) != Some(&b'-')) {
        "uuid is improperly formatted".to_owned()
    } else if let Some(odd) = id.chars().find(|c| !c.is_ascii_hexdigit() && *c != '-') {
        format!("encoding/hex: invalid byte: U+{:04X} {odd:?}", u32::from(odd))
    } else if id.bytes().filter(|b| *b == b'-').count() != 4 {
        "encoding/hex: invalid byte: U+002D '-'".to_owned()
    } else {
        return Ok(());
    };
    Err(format!("Bad node ID: {why}"))
}
