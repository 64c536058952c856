//! Why a change was refused.

use super::{Epoch, RootId};
use crate::spiffe::DcName;

/// A refused change; the state is as before. All of them happen in normal life except where said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The caller's authority has been superseded.
    #[error("epoch {} is older than the current epoch {}", given.0, current.0)]
    StaleEpoch {
        /// The caller's.
        given: Epoch,
        /// The highest seen.
        current: Epoch,
    },
    /// The bundle has reached its cap; drop a retired root first.
    #[error("the trust bundle already holds {0} roots")]
    BundleFull(usize),
    /// More datacenters than this state keeps.
    #[error("intermediates of {0} datacenters are kept already")]
    TooManyDatacenters(usize),
    /// The root is there already.
    #[error("root {0} is already in the bundle")]
    Duplicate(RootId),
    /// One root waits for its activation already.
    #[error("root {0} is already staged")]
    AlreadyStaged(RootId),
    /// No such root.
    #[error("no root {0} in the bundle")]
    UnknownRoot(RootId),
    /// Only a staged root can become active.
    #[error("root {0} is not staged")]
    NotStaged(RootId),
    /// Intermediates are signed by the active root alone.
    #[error("root {0} is not the active one")]
    NotActive(RootId),
    /// The certificate is over.
    #[error("root {0} has expired")]
    Expired(RootId),
    /// Something signed under it can still be alive.
    #[error("root {root} is still needed: {why}")]
    InUse {
        /// The root.
        root: RootId,
        /// By what.
        why: String,
    },
    /// No such datacenter.
    #[error("datacenter {0} has no intermediate")]
    UnknownDatacenter(DcName),
}
