//! Traces: `tracing` spans of one target as OpenTelemetry spans, exported over OTLP/gRPC, or kept to be shown.

mod channel;
mod context;
mod exporter;
mod fields;
mod finished;
mod layer;
mod sampling;
mod start;
mod tracer;

pub use exporter::TraceCounters;
pub use finished::{FinishedSpan, FinishedSpans};
pub(crate) use layer::SpanLayer;
pub(crate) use sampling::Sampling;
pub(crate) use start::{StartError, Traces};
pub(crate) use tracer::OtelTracer;
