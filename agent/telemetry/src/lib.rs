//! What a `delian` process says about itself: its log, the traces of its calls, its metrics.
//!
//! ```text
//! tracing events ─► log::LogLayer ─► bounded queue ─► one thread ─► console, rotating file
//!                └► log::LogTap ─► bounded queue for each client that reads along
//! tracing spans  ─► traces::SpanLayer ─► bounded queue ─► one thread ─► OTLP/gRPC
//!                └► FinishedSpans, where a process shows its own
//! counters, gauges, samples ─► Metrics ─► JSON, Prometheus text
//! ```
//!
//! **Invariants:** this is the only crate that knows OpenTelemetry; the others make `tracing` spans with the target
//! [`dispatch::SPAN_TARGET`] and carry W3C strings. Neither a terminal that is stuck nor a collector that is gone ever holds up a
//! call: what does not fit a queue is dropped and counted.

mod environment;
mod guard;
mod init;
mod log;
mod metrics;
mod settings;
mod timestamp;
mod traces;

pub use guard::{Guard, LevelSwitch};
pub use init::{InitError, init, prepare};
pub use log::{LogLines, LogTap, TooManyReaders};
pub use metrics::{Counter, Gauge, Labels, Metrics, MetricsSettings, Snapshot};
pub use settings::{Console, LogFile, LogSettings, Settings, TraceSettings};
pub use traces::{FinishedSpan, FinishedSpans, TraceCounters};
pub use tracing::Level;
