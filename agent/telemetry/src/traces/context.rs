//! W3C trace context as strings and as OpenTelemetry has it.

use api::Trace;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// The span `trace` names as the parent; `None` if it names none. A `tracestate` that makes no sense is left out, and the rest holds
/// (W3C Trace Context, 4.3).
pub(crate) fn parse(trace: &Trace) -> Option<SpanContext> {
    // Checked for its form where it came in, but a test or a peer may hand in anything.
    let trace = Trace::from_headers(&trace.parent, &trace.state);
    let mut parts = trace.parent.split('-').skip(1);
    let trace_id = TraceId::from_hex(parts.next()?).ok()?;
    let span_id = SpanId::from_hex(parts.next()?).ok()?;
    let flags = if trace.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let state = trace.state.parse::<TraceState>().unwrap_or_default();
    Some(SpanContext::new(trace_id, span_id, flags, true, state))
}

/// What to send onward so that the receiver's span becomes a child of this one.
pub(crate) fn render(span: &SpanContext) -> Trace {
    if !span.is_valid() {
        return Trace::default();
    }
    let flags = if span.is_sampled() { "01" } else { "00" };
    Trace { parent: format!("00-{}-{}-{flags}", span.trace_id(), span.span_id()), state: span.trace_state().header() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_context_survives_both_ways() {
        for (parent, state) in [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"),
            ("00-00000000000000000000000000000001-0000000000000001-00", ""),
        ] {
            let trace = Trace { parent: parent.into(), state: state.into() };
            let span = parse(&trace).unwrap();
            assert!(span.is_remote());
            assert_eq!(render(&span), trace);
        }
    }

    #[test]
    fn later_versions_and_flags_are_read_as_far_as_they_are_known() {
        let trace = Trace { parent: "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff".into(), state: "no pair".into() };
        let sent = render(&parse(&trace).unwrap());
        assert_eq!(sent, Trace { parent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into(), state: String::new() });
    }

    #[test]
    fn nonsense_is_no_context() {
        for parent in ["", "00", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", "ü".repeat(55).as_str()] {
            assert!(parse(&Trace { parent: parent.into(), state: String::new() }).is_none());
        }
        assert_eq!(render(&SpanContext::empty_context()), Trace::default());
    }
}
