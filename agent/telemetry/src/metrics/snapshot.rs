//! One interval as Consul's JSON (`MetricsSummary`).

use super::aggregate::Aggregate;
use super::interval::{Interval, LENGTH};
use super::series::{Labels, Series};
use crate::timestamp::Timestamp;
use serde::{Serialize, Serializer};

/// One interval. Serialises to `{"Timestamp":…,"Gauges":[…],"Points":[],"Counters":[…],"Samples":[…]}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Snapshot {
    timestamp: String,
    gauges: Vec<Value>,
    /// Consul has this list, and leaves it empty.
    points: [(); 0],
    counters: Vec<Sampled>,
    samples: Vec<Sampled>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Value {
    name: String,
    #[serde(serialize_with = "number")]
    value: f64,
    labels: Labels,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Sampled {
    name: String,
    count: u64,
    /// Per second.
    #[serde(serialize_with = "number")]
    rate: f64,
    #[serde(serialize_with = "number")]
    sum: f64,
    #[serde(serialize_with = "number")]
    min: f64,
    #[serde(serialize_with = "number")]
    max: f64,
    #[serde(serialize_with = "number")]
    mean: f64,
    #[serde(serialize_with = "number")]
    stddev: f64,
    labels: Labels,
}

impl Snapshot {
    pub(crate) fn of(interval: &Interval) -> Self {
        let gauge = |(series, value): (&Series, &f64)| Value { name: series.name.clone(), value: *value, labels: series.labels.clone() };
        Self {
            timestamp: Timestamp::from(interval.begun).go(),
            gauges: interval.gauges.iter().map(gauge).collect(),
            points: [],
            counters: interval.counters.iter().map(sampled).collect(),
            samples: interval.samples.iter().map(sampled).collect(),
        }
    }
}

fn sampled((series, values): (&Series, &Aggregate)) -> Sampled {
    Sampled {
        name: series.name.clone(),
        count: values.count,
        rate: values.sum / LENGTH.as_secs_f64(),
        sum: values.sum,
        min: values.min,
        max: values.max,
        mean: values.mean(),
        stddev: values.deviation(),
        labels: series.labels.clone(),
    }
}

/// Whole numbers without a fraction, as Go writes them.
#[expect(clippy::cast_possible_truncation, reason = "below 2^53 a whole f64 is an i64")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn number<S: Serializer>(value: &f64, out: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT { out.serialize_i64(*value as i64) } else { out.serialize_f64(*value) }
}
