//! What lists of the catalog share: filters and node metadata.

use super::{Catalog, name};
use api::Error;
use api::catalog::{NodeRow, Select};
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

    /// Puts first what is nearest. The servers do not keep coordinates yet; so much is known without: nothing is nearer to a node than
    /// what is on it. One without an id is no member of the datacenter, and would have no coordinate.
    pub(crate) fn nearest_first<T>(&self, catalog: &Catalog, rows: &mut [T], node_of: impl Fn(&T) -> &str) {
        if let Some(near) = catalog.host(&self.select.near).map(|host| &host.row).filter(|row| !row.id.is_empty()) {
            rows.sort_by_key(|row| name(node_of(row)) != name(&near.node));
        }
    }
}
