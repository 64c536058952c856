//! What one run of a check found.

use crate::Status;

/// A status and the text beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    pub(crate) output: String,
}

impl Outcome {
    pub(crate) fn passing(output: impl Into<String>) -> Self {
        Self { status: Status::Passing, output: output.into() }
    }

    pub(crate) fn warning(output: impl Into<String>) -> Self {
        Self { status: Status::Warning, output: output.into() }
    }

    pub(crate) fn critical(output: impl Into<String>) -> Self {
        Self { status: Status::Critical, output: output.into() }
    }
}
