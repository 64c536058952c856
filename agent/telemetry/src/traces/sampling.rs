//! Which calls are traced.

use api::Trace;
use opentelemetry_sdk::trace::Sampler;

/// Which calls are traced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sampling {
    /// Whether a call that comes with a trace follows that trace's `sampled` flag, whatever `ratio` says.
    pub(crate) parent_based: bool,
    /// The share that is traced, 0 to 1. Decided by the trace's id, so that all processes decide alike.
    pub(crate) ratio: f64,
}

impl Default for Sampling {
    /// OpenTelemetry's: everything, unless whoever calls says no.
    fn default() -> Self {
        Self::of_roots(1.0)
    }
}

impl Sampling {
    /// This share of the calls that begin here.
    pub(crate) fn of_roots(ratio: f64) -> Self {
        Self { parent_based: true, ratio }
    }

    /// Whether a call of this trace may be recorded. A span is made only then.
    pub(crate) fn may_record(self, trace: &Trace) -> bool {
        if self.parent_based && !trace.parent.is_empty() { trace.is_sampled() } else { self.ratio > 0.0 }
    }

    /// The same, for the SDK.
    pub(crate) fn sampler(self) -> Sampler {
        let ratio = Sampler::TraceIdRatioBased(self.ratio);
        if self.parent_based { Sampler::ParentBased(Box::new(ratio)) } else { ratio }
    }
}
