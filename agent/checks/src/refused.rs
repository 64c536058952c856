//! Why a check is not taken.

/// A check that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Scripts are off, or off for this source.
    #[error("Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true")]
    Scripts,
    /// There are as many checks as there may be.
    #[error("there are {0} checks on this agent already")]
    Full(usize),
}
