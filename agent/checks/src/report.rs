//! What the host is told.

use crate::Status;

/// How a check stands from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The check.
    pub id: String,
    /// Its status.
    pub status: Status,
    /// Its text.
    pub output: String,
}
