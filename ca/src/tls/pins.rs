//! Keys known from gossip, for the time before the CA exists.

use std::collections::BTreeMap;

use super::Slot;
use crate::SpkiHash;

/// The keys of the datacenter's members, as gossip tells them. As authentic as gossip is (`encrypt`).
pub struct Pins(Slot<BTreeMap<SpkiHash, PinnedRole>>);

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
        Self(Slot::new(BTreeMap::new()))
    }

    /// Replaces all pins by those of the members at present.
    pub fn replace(&self, pins: BTreeMap<SpkiHash, PinnedRole>) -> Result<(), TooManyPins> {
        if pins.len() > Self::MAX {
            return Err(TooManyPins(pins.len()));
        }
        self.0.store(pins);
        Ok(())
    }

    /// Whose key it is, if it is pinned.
    pub fn role(&self, key: &SpkiHash) -> Option<PinnedRole> {
        self.0.load().get(key).copied()
    }
}

impl Default for Pins {
    fn default() -> Self {
        Self::new()
    }
}
