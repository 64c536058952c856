//! Spans that have ended, kept in this process.

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A span that has ended. Ids are lower-case hex, as in a `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedSpan {
    /// The trace it belongs to: 32 digits.
    pub trace: String,
    /// It: 16 digits.
    pub id: String,
    /// The span it is part of, whoever has it; `None` where the trace begins.
    pub parent: Option<String>,
    /// What it is called.
    pub name: String,
    /// When it began.
    pub began: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// Its attributes, as text.
    pub attributes: BTreeMap<String, String>,
    /// Why what it stands for failed.
    pub error: Option<String>,
}

/// The last spans that have ended, for a process that shows its own traces. See [`crate::TraceSettings::sink`].
#[derive(Debug)]
pub struct FinishedSpans {
    capacity: usize,
    spans: Mutex<VecDeque<FinishedSpan>>,
}

impl FinishedSpans {
    /// Room for the last `capacity` spans, of all traces together.
    #[must_use]
    pub fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self { capacity, spans: Mutex::default() })
    }

    /// Those of one trace (32 digits), as far as they have ended and are still here, in the order they ended in.
    #[must_use]
    pub fn of_trace(&self, trace: &str) -> Vec<FinishedSpan> {
        self.spans.lock().iter().filter(|span| span.trace == trace).cloned().collect()
    }

    fn keep(&self, span: FinishedSpan) {
        let mut spans = self.spans.lock();
        if spans.len() >= self.capacity {
            spans.pop_front();
        }
        spans.push_back(span);
    }
}

/// Puts what ends into the sink.
#[derive(Debug)]
pub(crate) struct ToSink(pub(crate) Arc<FinishedSpans>);

impl SpanProcessor for ToSink {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let error = match span.status {
            Status::Error { description } => Some(description.into_owned()),
            Status::Unset | Status::Ok => None,
        };
        self.0.keep(FinishedSpan {
            trace: span.span_context.trace_id().to_string(),
            id: span.span_context.span_id().to_string(),
            parent: (span.parent_span_id != SpanId::INVALID).then(|| span.parent_span_id.to_string()),
            name: span.name.into_owned(),
            began: span.start_time,
            took: span.end_time.duration_since(span.start_time).unwrap_or_default(),
            attributes: span.attributes.into_iter().map(|pair| (pair.key.to_string(), pair.value.to_string())).collect(),
            error,
        });
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
