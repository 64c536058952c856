//! What lists of the catalog share: filters and node metadata.

use super::name;
use crate::{Table, Topic, View};
use api::Error;
use api::catalog::{NodeRow, Select};
use api::query::NEAR_ADDRESS;
use filter::{Filter, Schema};
use serde::Serialize;

/// Which rows of a list are wanted, and in which order: parsed once, then asked about each.
pub(crate) struct Listed<'r> {
    select: &'r Select,
    filter: Option<Filter>,
}

impl<'r> Listed<'r> {
    /// # Errors
    /// When the filter is none.
    pub(crate) fn new(select: &'r Select, schema: &Schema) -> Result<Self, Error> {
        let parsed = (!select.filter.is_empty()).then(|| Filter::parse(&select.filter, schema));
        let filter = parsed.transpose().map_err(|error| Error::failed(error.to_string()))?;
        Ok(Self { select, filter })
    }

    /// Whether a node has the metadata asked for.
    pub(crate) fn has_meta(&self, node: &NodeRow) -> bool {
        self.select.node_meta.iter().all(|(key, value)| node.meta.get(key) == Some(value))
    }

    /// Whether metadata of nodes is asked for, so that the answer depends on nodes.
    pub(crate) fn asks_for_meta(&self) -> bool {
        !self.select.node_meta.is_empty()
    }

    /// Whether a row, as JSON, passes the filter.
    pub(crate) fn passes(&self, row: &impl Serialize) -> bool {
        // A row that is no JSON has no fields to ask about: there is none such.
        self.filter.as_ref().is_none_or(|filter| filter.matches(&serde_json::to_value(row).unwrap_or_default()))
    }

    /// Puts first what is nearest to the node asked for; what is nowhere comes last. Rows that are equally near stay as they are, and
    /// nothing is nearer to a node than what is on it: that is known without a coordinate of any member of the datacenter. Who waits for
    /// a change of the list is not woken by one of the order.
    pub(crate) fn nearest_first<T>(&self, view: &View<'_>, rows: &mut [T], node_of: impl Fn(&T) -> &str) {
        let catalog = &view.state.catalog;
        if self.select.near.is_empty() {
            return;
        }
        view.leans_on(Topic::Table(Table::Coordinates));
        let near = if self.select.near == NEAR_ADDRESS {
            view.leans_on(Topic::Table(Table::Nodes));
            catalog.host_at(&self.select.address)
        } else {
            catalog.host(&self.select.near)
        };
        let Some(near) = near else { return };
        let here = near.coordinate();
        if here.is_none() && near.row.id.is_empty() {
            return;
        }
        let key = name(&near.row.node);
        rows.sort_by_cached_key(|row| {
            let node = name(node_of(row));
            let there = catalog.host(&node).and_then(|host| host.coordinate());
            let distance = here.zip(there).map_or(f64::INFINITY, |(here, there)| here.distance_to(there));
            // Of numbers that are not negative, the bits have the same order.
            (node != key, distance.max(0.0).to_bits())
        });
    }
}
