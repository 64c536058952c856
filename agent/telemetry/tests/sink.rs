//! Spans kept in the process, without a collector.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Arc;
use std::time::Duration;
use telemetry::{Console, FinishedSpans, LogSettings, Settings, TraceSettings, prepare};
use tracing::{Level, span};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A span below `parent`, with one inside of it.
fn call(parent: &str, key: u64) {
    let outer = span!(target: dispatch::SPAN_TARGET, parent: None, Level::INFO, "call", otel.name = "kv.get", trace.parent = parent, key);
    let _inside = outer.enter();
    span!(target: dispatch::SPAN_TARGET, Level::INFO, "serve", error = "no").in_scope(|| ());
}

#[test]
fn the_last_spans_are_kept_of_those_that_are_sampled() {
    let sink = FinishedSpans::new(4);
    let traces = TraceSettings { ratio: Some(0.0), sink: Some(Arc::clone(&sink)), ..TraceSettings::default() };
    let log = LogSettings { console: Console::To(Box::new(std::io::sink())), ..LogSettings::default() };
    let (subscriber, guard) = prepare(Settings { log, traces }, &|_| None).unwrap();
    assert!(guard.tracer().is_some());
    let _default = tracing::dispatcher::set_default(&subscriber);
    call("", 0);
    for key in 1..=3 {
        call(PARENT, key);
    }
    assert_eq!(sink.of_trace(""), []);
    let kept = sink.of_trace("4bf92f3577b34da6a3ce929d0e0e4736");
    let names: Vec<&str> = kept.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["serve", "kv.get", "serve", "kv.get"], "what is inside ends first");
    assert_eq!(kept[3].parent.as_deref(), Some("00f067aa0ba902b7"));
    assert_eq!((kept[2].parent.as_ref(), kept[2].error.as_deref()), (Some(&kept[3].id), Some("no")));
    assert_eq!((kept[1].attributes["key"].as_str(), kept[3].attributes["key"].as_str()), ("2", "3"));
    assert!(guard.flush(Duration::from_secs(5)));
}
