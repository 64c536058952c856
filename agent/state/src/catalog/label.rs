//! What `/v1/catalog/services` lists, counted, so that it is known without a look at the instances when the list changes.

use super::Name;
use crate::{Change, Table};
use api::catalog::ServiceRow;

/// A service's name as it was given, alone or with a tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label {
    pub(super) service: Name,
    pub(super) tag: Option<Name>,
}

/// The labels of an instance, each once.
pub(super) fn labels(row: Option<&ServiceRow>) -> Vec<Label> {
    let Some(row) = row else {
        return Vec::new();
    };
    let service = Name::from(&*row.service);
    let tags = row.tags.iter().map(|tag| Some(Name::from(&**tag)));
    let mut labels: Vec<Label> = std::iter::once(None).chain(tags).map(|tag| Label { service: Name::clone(&service), tag }).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

impl Change<'_> {
    /// Counts the labels of an instance that becomes another, appears, or goes. Whether they change the list is seen only after both:
    /// what one instance no longer has, it may have all the same.
    pub(super) fn relabel(&mut self, old: Option<&ServiceRow>, new: Option<&ServiceRow>) {
        let (old, new) = (labels(old), labels(new));
        let mut changed = false;
        for label in new.iter().filter(|label| !old.contains(label)) {
            self.in_service(&label.service, |service| {
                let count = service.labels.entry(label.clone()).or_insert(0);
                *count += 1;
                changed |= *count == 1;
            });
        }
        for label in old.iter().filter(|label| !new.contains(label)) {
            self.in_service(&label.service, |service| {
                let left = service.labels.get(label).map_or(0, |count| count.saturating_sub(1));
                if left == 0 {
                    service.labels.remove(label);
                } else {
                    service.labels.insert(label.clone(), left);
                }
                changed |= left == 0;
            });
        }
        if changed {
            self.touch_table(Table::Services);
        }
    }
}
