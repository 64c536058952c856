//! Which roots and intermediates are in force, and what is due: a state machine as data.
//!
//! ```text
//!            settle time over, every datacenter has it        no intermediate under it, last leaf over
//!  stage ──► Staged ─────────── activate ──────► Active ──► Retired ──────────── drop ──► gone
//! ```
//! A new root is first handed out while the old one still signs; then it becomes active and the intermediates of
//! all datacenters are renewed under it; the old root stays in the bundle until the last leaf under it has
//! expired. So at each moment whoever holds the bundle of the step before still verifies every living leaf, and
//! no cross-signed root is needed.
//!
//! Pure: `now` (unix seconds) is an argument. Every change names the epoch of the authority that makes it; an
//! older epoch changes nothing, so a former primary that wakes up writes nothing.

mod action;
mod error;
mod root;
mod state;
mod terms;

pub use action::Action;
pub use error::Refused;
pub use root::{Root, RootId, Stage};
pub use state::Rotation;
pub use terms::{InvalidTerms, Terms};

use serde::{Deserialize, Serialize};

/// The age of the primary's authority; it rises with each promotion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Epoch(pub u64);

/// The version of the trust bundle; it rises with each change of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BundleVersion(pub u64);

#[cfg(test)]
mod tests;
