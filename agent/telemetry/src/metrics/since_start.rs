//! What has come together since the process began.

use super::series::Series;
use std::collections::BTreeMap;

/// Totals, which outlive the intervals that they were counted in.
#[derive(Default)]
pub(super) struct SinceStart {
    /// Events of each counter.
    pub(super) totals: BTreeMap<Series, u64>,
    /// How many samples of each, and their sum.
    pub(super) samples: BTreeMap<Series, (u64, f64)>,
}
