//! What the driver shall do.

use std::fmt;

use super::RootId;
use crate::spiffe::DcName;

/// Something that is due. Each stays due until the matching method of [`super::Rotation`] was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Remove a root under which nothing can be alive any more.
    DropRoot(RootId),
    /// Make a new root and stage it: there is none, or the active one is past its half-life.
    StageRoot,
    /// Make the staged root the active one: everyone has it.
    ActivateRoot(RootId),
    /// Have the datacenter's intermediate signed by the active root.
    RenewIntermediate(DcName),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DropRoot(id) => write!(f, "drop root {id}"),
            Self::StageRoot => f.write_str("stage a new root"),
            Self::ActivateRoot(id) => write!(f, "activate root {id}"),
            Self::RenewIntermediate(dc) => write!(f, "renew the intermediate of {dc}"),
        }
    }
}
