//! Ten seconds of metrics.

use super::aggregate::Aggregate;
use super::series::Series;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long an interval is (Consul's, fixed).
pub(crate) const LENGTH: Duration = Duration::from_secs(10);

/// What was measured in one interval.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Interval {
    /// A whole multiple of [`LENGTH`] since 1970.
    pub(crate) begun: SystemTime,
    pub(crate) gauges: BTreeMap<Series, f64>,
    pub(crate) counters: BTreeMap<Series, Aggregate>,
    pub(crate) samples: BTreeMap<Series, Aggregate>,
}

impl Interval {
    /// The empty interval that `now` is in.
    pub(crate) fn at(now: SystemTime) -> Self {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let begun = UNIX_EPOCH + Duration::from_secs(seconds - seconds % LENGTH.as_secs());
        Self { begun, gauges: BTreeMap::new(), counters: BTreeMap::new(), samples: BTreeMap::new() }
    }
}
