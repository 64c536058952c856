//! What the waist asks of whoever records.

use super::layer::Recording;
use super::{Sampling, context};
use api::Trace;
use tracing::Span;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan;

/// Records.
#[derive(Debug)]
pub(crate) struct OtelTracer {
    pub(crate) sampling: Sampling,
}

impl dispatch::Tracer for OtelTracer {
    fn may_record(&self, trace: &Trace) -> bool {
        self.sampling.may_record(trace)
    }

    fn context_of(&self, span: &Span) -> Trace {
        let found = span.with_subscriber(|(id, subscriber)| {
            // The spans of every subscriber made here are kept by a `Registry`.
            let span = subscriber.downcast_ref::<Registry>()?.span(id)?;
            let extensions = span.extensions();
            Some(context::render(extensions.get::<Recording>()?.context()))
        });
        found.flatten().unwrap_or_default()
    }
}
