//! What the leader has to do of its own accord.

use super::stored::validity_of;
use crate::Site;
use api::federation::CaState;
use std::collections::BTreeSet;

/// One thing that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The federation has no root yet.
    Begin,
    /// The primary's own intermediate is past its half-life.
    Renew,
    /// A datacenter that was signed is forgotten now.
    Forget,
}

/// What is due at `now`, the most urgent first. A secondary's leader has nothing to do: its gateways ask for it.
#[must_use]
pub fn due(site: &Site, state: &CaState, forgotten: &BTreeSet<String>, now: u64) -> Option<Due> {
    if !site.is_primary() {
        return None;
    }
    if state.trust_domain.is_empty() {
        return Some(Due::Begin);
    }
    // A primary without the root's key was a secondary before; it cannot renew what it did not sign.
    if !state.root_key.is_empty() && renew_at(state).is_none_or(|at| now >= at) && a_renewal_lasts_longer(state) {
        return Some(Due::Renew);
    }
    state.secondaries.keys().any(|dc| forgotten.contains(dc)).then_some(Due::Forget)
}

/// Half-life of the datacenter's intermediate, in unix seconds; `None` where there is none that can be read.
#[must_use]
pub fn renew_at(state: &CaState) -> Option<u64> {
    validity_of(&state.intermediate).map(ca::Validity::half_life)
}

/// Below a root that ends with the intermediate, a new one would be due as soon as it is made.
fn a_renewal_lasts_longer(state: &CaState) -> bool {
    let end = |der: &[u8]| validity_of(der).map(ca::Validity::not_after);
    state.roots.first().is_some_and(|root| end(root) > end(&state.intermediate))
}
