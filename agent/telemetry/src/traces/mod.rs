//! Traces: `tracing` spans of one target as OpenTelemetry spans, exported over OTLP/gRPC.

mod channel;
mod context;
mod exporter;
mod fields;
mod layer;
mod sampling;
mod start;
mod tracer;

pub use exporter::TraceCounters;
pub(crate) use layer::SpanLayer;
pub(crate) use sampling::Sampling;
pub(crate) use start::{StartError, Traces};
pub(crate) use tracer::OtelTracer;
