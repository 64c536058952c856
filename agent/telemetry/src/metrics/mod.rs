//! Metrics, as `/v1/agent/metrics` shows them.
//!
//! Source: <https://developer.hashicorp.com/consul/api-docs/agent#view-metrics>; the Prometheus text exposition format 0.0.4.

mod aggregate;
mod filter;
mod interval;
mod prometheus;
mod registry;
mod series;
mod since_start;
mod snapshot;
#[cfg(test)]
mod tests;

pub use registry::{Metrics, MetricsSettings};
pub use series::{Counter, Gauge, Labels};
pub use snapshot::Snapshot;
