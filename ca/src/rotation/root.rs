//! A root of the bundle.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::BundleVersion;
use crate::Validity;

/// The id of a root, as [`crate::root_id`] makes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RootId(pub String);

/// A root of the bundle. All of them are trusted, whatever their stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    pub(super) id: RootId,
    pub(super) validity: Validity,
    pub(super) added_in: BundleVersion,
    pub(super) stage: Stage,
}

/// Where a root is in its life. Times are unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Handed out, signs nothing.
    Staged {
        /// Since when.
        since: u64,
    },
    /// Signs intermediates.
    Active {
        /// Since when.
        since: u64,
    },
    /// Trusted for what it signed; signs nothing any more.
    Retired {
        /// Since when; Consul shows it as `RotatedOutAt`.
        since: u64,
        /// When the last leaf under it, as far as known, expires.
        last_leaf: u64,
    },
}

impl Root {
    /// Its id.
    pub fn id(&self) -> &RootId {
        &self.id
    }

    /// How long it counts.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// Where it is in its life.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether it is the one that signs.
    pub fn is_active(&self) -> bool {
        matches!(self.stage, Stage::Active { .. })
    }

    pub(super) fn is_staged(&self) -> bool {
        matches!(self.stage, Stage::Staged { .. })
    }

    /// A leaf that expires at `at` may have been signed under this root.
    pub(super) fn leaf_until(&mut self, at: u64) {
        if let Stage::Retired { last_leaf, .. } = &mut self.stage {
            *last_leaf = at.max(*last_leaf);
        }
    }
}

impl fmt::Display for RootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
