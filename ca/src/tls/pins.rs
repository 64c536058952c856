//! Keys known from gossip.

use std::collections::{BTreeMap, BTreeSet};

use super::Slot;
use crate::SpkiHash;

/// The keys of the datacenter's members, as gossip tells them. As authentic as gossip is (`encrypt`).
pub struct Pins {
    members: Slot<BTreeMap<SpkiHash, PinnedRole>>,
    founders: Slot<BTreeSet<SpkiHash>>,
}

/// What the holder of a pinned key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinnedRole {
    /// A server: may be called as one.
    Server,
    /// A gateway: may be called as one.
    Gateway,
    /// A client agent: may only call.
    Member,
}

/// More keys than a datacenter has members; the former pins stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} keys to pin, at most {max} are kept", max = Pins::MAX)]
pub struct TooManyPins(usize);

impl Pins {
    /// Most keys kept at a time.
    pub const MAX: usize = 65_536;

    /// No key yet: nobody is let in by pin.
    pub fn new() -> Self {
        Self { members: Slot::new(BTreeMap::new()), founders: Slot::new(BTreeSet::new()) }
    }

    /// Replaces all pins by those of the members at present.
    pub fn replace(&self, pins: BTreeMap<SpkiHash, PinnedRole>) -> Result<(), TooManyPins> {
        if pins.len() > Self::MAX {
            return Err(TooManyPins(pins.len()));
        }
        self.members.store(pins);
        Ok(())
    }

    /// The keys of the servers that were this server's cluster when it got its first certificate: some may not have had one yet.
    pub fn set_founders(&self, founders: BTreeSet<SpkiHash>) {
        self.founders.store(founders);
    }

    /// Whether it is the key of a founder, whom gossip must know as a server still.
    pub(super) fn is_founder(&self, key: &SpkiHash) -> bool {
        self.founders.load().contains(key) && self.role(key) == Some(PinnedRole::Server)
    }

    /// Whose key it is, if it is pinned.
    pub fn role(&self, key: &SpkiHash) -> Option<PinnedRole> {
        self.members.load().get(key).copied()
    }
}

impl Default for Pins {
    fn default() -> Self {
        Self::new()
    }
}
