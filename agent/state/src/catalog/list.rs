//! What lists of the catalog share: filters and node metadata.

use api::Error;
use api::catalog::{NodeRow, Select};
use filter::{Filter, Schema};
use serde::Serialize;

/// Which rows of a list are wanted: parsed once, then asked about each.
///
/// Consul orders by `near` too, as far as it knows coordinates; this datacenter's servers do not keep them yet, and rows of nodes
/// without coordinates stay as they are.
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
}
