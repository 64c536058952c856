//! An instance of this node.

use crate::Source;
use api::catalog::ServiceRow;

/// An instance that is registered here.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// What the catalog is to say of it.
    pub row: ServiceRow,
    /// Where it comes from.
    pub source: Source,
    /// The instance that it was registered with, as its sidecar; empty for any other.
    pub sidecar_of: String,
}
