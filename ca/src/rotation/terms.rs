//! The spans that rotation keeps to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The configured spans and the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    leaf_ttl: Duration,
    settle: Duration,
    max_roots: usize,
}

/// Terms under which rotation could not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTerms {
    /// A rotation needs the old and the new root side by side; large bundles cost in every handshake.
    #[error("a bundle of {0} roots; 2 to 16 are possible")]
    MaxRoots(usize),
    /// A leaf needs a life.
    #[error("leaves must live for a second at least")]
    LeafTtl,
}

impl Terms {
    /// - `leaf_ttl`: the longest life of a leaf; how long a retired root is kept after its last intermediate.
    /// - `settle`: how long a root is at least staged before it becomes active.
    /// - `max_roots`: the cap of the bundle, 2 to 16.
    pub fn new(leaf_ttl: Duration, settle: Duration, max_roots: usize) -> Result<Self, InvalidTerms> {
        if !(2..=16).contains(&max_roots) {
            return Err(InvalidTerms::MaxRoots(max_roots));
        }
        if leaf_ttl.as_secs() == 0 {
            return Err(InvalidTerms::LeafTtl);
        }
        Ok(Self { leaf_ttl, settle, max_roots })
    }

    pub(super) fn leaf_ttl(&self) -> u64 {
        self.leaf_ttl.as_secs()
    }

    pub(super) fn settle(&self) -> u64 {
        self.settle.as_secs()
    }

    pub(super) fn max_roots(&self) -> usize {
        self.max_roots
    }
}
