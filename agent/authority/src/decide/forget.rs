//! A forgotten datacenter's name is free again.

use api::federation::CaState;
use std::collections::BTreeSet;

/// The state without the records of `forgotten` datacenters. While one is forgotten nothing is signed for it; once an operator lets
/// it come back, it may come with another key.
#[must_use]
pub fn forget(current: &CaState, forgotten: &BTreeSet<String>) -> CaState {
    let mut state = current.clone();
    state.epoch += 1;
    state.secondaries.retain(|dc, _| !forgotten.contains(dc));
    state
}
