//! A check of this node.

use crate::Source;
use api::agent::CheckDefinition;
use api::catalog::CheckRow;
use std::time::Duration;

/// A check that is registered here.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What the catalog is to say of it.
    pub row: CheckRow,
    /// What is run, its id filled in.
    pub definition: CheckDefinition,
    /// Where it comes from.
    pub source: Source,
    /// When its TTL ends.
    pub(crate) expires: Option<Duration>,
    /// Since when it has been critical without a break.
    pub(crate) critical_since: Option<Duration>,
    /// When an output that changed alone is to be written; until then the catalog has another.
    pub(crate) write_output_at: Option<Duration>,
}

impl Check {
    /// When its TTL ends, since the start of the agent.
    #[must_use]
    pub fn expires(&self) -> Option<Duration> {
        self.expires
    }
}
