//! The spans of a call, for whoever records them.
//!
//! Each process has one span `call`, a child of the span that sent the call there; below it are its tries and its work:
//!
//! ```text
//! call ─┬─ send ──────── the `call` of the next process: what is longer here than there is the network
//!       └─ serve ─┬─ wait        a blocking read, from the first look to the last
//!                 └─ propose     a write: time in the queue, of the fsync and of applying apart, as fields
//! ```

use crate::Hop;
use ::tracing::field::Empty;
use ::tracing::{Level, Span, span};
use api::{Call, Error, Trace};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// The target of spans that belong to traces. Conventional fields: `otel.name`, `otel.kind` (`server` or `client`), `trace.parent` and
/// `trace.state` (W3C strings: the parent, where there is none in this process), `error`.
pub const SPAN_TARGET: &str = "delian::span";

/// Whoever records spans.
pub trait Tracer: Debug + Send + Sync + 'static {
    /// Whether a call of this trace may be recorded; `trace` is empty for a call that begins here. No span is made otherwise.
    fn may_record(&self, trace: &Trace) -> bool;

    /// The context of a span, to be sent onward; empty when the span is not known here.
    fn context_of(&self, span: &Span) -> Trace;
}

/// How a call is traced; nothing is made when it is not.
#[derive(Clone, Debug)]
pub(crate) struct Trail(Option<Arc<dyn Tracer>>);

/// Begins the span of `call`. From then on, `call` says in its trace whether it is recorded.
pub(crate) fn begin(tracer: Option<&Arc<dyn Tracer>>, call: &mut Call, here: Option<&str>) -> (Trail, Span) {
    let Some(tracer) = tracer.filter(|tracer| tracer.may_record(&call.trace)) else {
        return (Trail(None), Span::none());
    };
    let span = span!(
        target: SPAN_TARGET,
        parent: None,
        Level::INFO,
        "call",
        otel.name = call.op.name(),
        otel.kind = "server",
        trace.parent = call.trace.parent,
        trace.state = call.trace.state,
        dc = here,
        to = call.dc.as_ref().map(|dc| dc.0.as_str()),
        hop = api::MAX_HOPS.saturating_sub(call.hops_left),
        error = Empty,
    );
    let trace = tracer.context_of(&span);
    let recorded = trace.is_sampled();
    if !trace.parent.is_empty() {
        // Whether a trace is recorded is decided once, where it begins: the others hear of a "no" too.
        call.trace = trace;
    }
    if recorded { (Trail(Some(Arc::clone(tracer))), span) } else { (Trail(None), Span::none()) }
}

impl Trail {
    /// A try to have the call answered elsewhere; `call` gets its context.
    pub(crate) fn send(&self, hop: &Hop, call: &mut Call) -> Span {
        let Some(tracer) = &self.0 else { return Span::none() };
        let span = span!(target: SPAN_TARGET, Level::INFO, "send", otel.kind = "client", hop = %hop, error = Empty);
        call.trace = tracer.context_of(&span);
        span
    }

    /// Answering it here.
    pub(crate) fn serve(&self) -> Span {
        self.0.as_ref().map_or_else(Span::none, |_| span!(target: SPAN_TARGET, Level::INFO, "serve", error = Empty))
    }

    /// A blocking read.
    pub(crate) fn wait(&self, index: u64) -> Span {
        self.0.as_ref().map_or_else(Span::none, |_| span!(target: SPAN_TARGET, Level::INFO, "wait", index, error = Empty))
    }

    /// A write on its way through the log.
    pub(crate) fn propose(&self) -> Span {
        let propose =
            || span!(target: SPAN_TARGET, Level::INFO, "propose", queue_us = Empty, fsync_us = Empty, apply_us = Empty, error = Empty);
        self.0.as_ref().map_or_else(Span::none, |_| propose())
    }
}

/// Says in a span why what it stands for failed.
pub(crate) fn ended<T>(span: &Span, result: &Result<T, Error>) {
    if let Err(error) = result
        && !span.is_none()
    {
        span.record("error", error.text.as_str());
    }
}

/// Where the time of a write went. What is missing of the whole was spent on the way to the others and back, and in waiting for the
/// write before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Until the log took it.
    pub queue: Duration,
    /// Making it durable here, together with what shared its commit.
    pub fsync: Duration,
    /// Applying and publishing the batch it was in, where the log knows.
    pub apply: Option<Duration>,
}

impl Timing {
    /// Notes it in the span of the write; to be called in [`crate::Log::propose`]. Nothing happens where none is recorded.
    pub fn note(&self) {
        let span = Span::current();
        if !span.is_none() {
            span.record("queue_us", micros(self.queue)).record("fsync_us", micros(self.fsync));
            if let Some(apply) = self.apply {
                span.record("apply_us", micros(apply));
            }
        }
    }
}

fn micros(time: Duration) -> u64 {
    time.as_micros().try_into().unwrap_or(u64::MAX)
}
