//! What is measured.

use std::collections::BTreeMap;

/// Labels of a series, by name. Their values must come from a small closed set: nodes, operations, codes; never keys or addresses.
pub type Labels = BTreeMap<&'static str, String>;

/// A value of this moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// Its name without the prefix, parts joined by dots: `runtime.num_goroutines`.
    pub name: &'static str,
    /// What tells it from others of its name.
    pub labels: Labels,
    /// The value. What is not finite is left out.
    pub value: f64,
}

/// How often something has happened since the process began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its name, as [`Gauge::name`].
    pub name: &'static str,
    /// What tells it from others of its name.
    pub labels: Labels,
    /// All of it. What falls was begun anew.
    pub total: u64,
}

/// One series: its full name and its labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: Labels,
}
