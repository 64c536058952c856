//! What the catalog says of this node against what it is to say.

use crate::entry::{Entry, Item, Mark};
use crate::{Check, Local};
use api::Token;
use api::catalog::{CheckRow, NodeRow, SERF_HEALTH, ServiceRow, VIRTUAL};
use std::collections::BTreeMap;

/// The service that the servers themselves are instances of: the leader keeps it.
const CONSUL: &str = "consul";

/// What the catalog says of a node.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The node, if it is there.
    pub node: Option<NodeRow>,
    /// Its instances.
    pub services: Vec<ServiceRow>,
    /// Its checks.
    pub checks: Vec<CheckRow>,
}

impl Local {
    /// Finds out which writes are missing: [`Local::changes`] lists them. `as_of` is [`Local::version`] before the catalog was asked;
    /// what has changed since is to be written anyway.
    ///
    /// Tags of instances that let the catalog have its way (`EnableTagOverride`) are taken over.
    pub fn compare(&mut self, seen: &Seen, as_of: u64) {
        if self.me_mark.version <= as_of {
            self.me_mark.in_sync = seen.node.as_ref().is_some_and(|node| says_same(node, &self.me));
        }
        self.take_tags(seen, as_of);
        let services = seen.services.iter().filter(|row| row.id != CONSUL).map(|row| (&*row.id, row));
        compare(&mut self.services, services.collect(), as_of, &mut self.version, |service, row| {
            let mut plain = ServiceRow { create_index: 0, modify_index: 0, ..row.clone() };
            plain.tagged_addresses.remove(VIRTUAL);
            service.row == plain
        });
        let node = self.me.node.clone();
        let checks = seen.checks.iter().filter(|row| row.check_id != SERF_HEALTH).map(|row| (&*row.check_id, row));
        compare(&mut self.checks, checks.collect(), as_of, &mut self.version, |check: &Check, row| {
            let mut plain = CheckRow { create_index: 0, modify_index: 0, node: check.row.node.clone(), ..row.clone() };
            if check.write_output_at.is_some() {
                plain.output.clone_from(&check.row.output);
            }
            row.node.eq_ignore_ascii_case(&node) && check.row == plain
        });
        self.follow_moved(seen);
    }

    /// A check that is to go need not be of the instance there that it was of here.
    fn follow_moved(&mut self, seen: &Seen) {
        for row in &seen.checks {
            if let Some(Item::Gone { with }) = self.checks.get_mut(&row.check_id).map(|entry| &mut entry.item) {
                with.clone_from(&row.service_id);
            }
        }
    }

    fn take_tags(&mut self, seen: &Seen, as_of: u64) {
        for row in &seen.services {
            let Some(entry) = self.services.get_mut(&row.id).filter(|entry| entry.mark.version <= as_of) else { continue };
            let Some(service) = entry.held_mut().filter(|service| service.row.enable_tag_override) else { continue };
            if service.row.tags != row.tags {
                service.row.tags.clone_from(&row.tags);
                let name = service.row.service.clone();
                self.version += 1;
                self.label_checks(&row.id, &name, &row.tags);
            }
        }
    }
}

/// The node's own row: nothing of it is the catalog's but the indexes.
fn says_same(seen: &NodeRow, me: &NodeRow) -> bool {
    let plain = NodeRow { create_index: 0, modify_index: 0, datacenter: me.datacenter.clone(), ..seen.clone() };
    plain == *me
}

fn compare<T, R>(
    rows: &mut BTreeMap<String, Entry<T>>,
    seen: BTreeMap<&str, &R>,
    as_of: u64,
    version: &mut u64,
    same: impl Fn(&T, &R) -> bool,
) {
    rows.retain(|id, entry| {
        if entry.mark.version > as_of {
            return true;
        }
        let seen = seen.get(&**id);
        entry.mark.in_sync = match (&entry.item, seen) {
            (Item::Held(item), Some(seen)) => same(item, seen),
            (Item::Held(_), None) => false,
            // It is gone there too.
            (Item::Gone { .. }, None) => return false,
            (Item::Gone { .. }, Some(_)) => false,
        };
        true
    });
    for id in seen.into_keys() {
        rows.entry(id.to_owned()).or_insert_with(|| {
            *version += 1;
            Entry { item: Item::Gone { with: String::new() }, token: Token::default(), mark: Mark::changed(*version) }
        });
    }
}
