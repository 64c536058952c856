//! What a `tracing` span says of itself.

use api::Trace;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use std::fmt::Debug;
use tracing::field::{Field, Visit};

/// The fields of a span, the conventional ones apart (see [`dispatch::SPAN_TARGET`]).
#[derive(Default)]
pub(crate) struct Fields {
    /// `otel.name`: what the span is called, where its static name says too little.
    pub(crate) name: Option<String>,
    /// `otel.kind`: `server`, `client`, or anything else for a step inside of the process.
    pub(crate) kind: Option<SpanKind>,
    /// `trace.parent` and `trace.state`.
    pub(crate) remote: Trace,
    /// `error`: why what the span stands for failed.
    pub(crate) error: Option<String>,
    /// All others.
    pub(crate) attributes: Vec<KeyValue>,
}

impl Fields {
    fn text(&mut self, name: &'static str, value: String) {
        match name {
            "otel.name" => self.name = Some(value),
            "otel.kind" => self.kind = kind(&value),
            "trace.parent" => self.remote.parent = value,
            "trace.state" => self.remote.state = value,
            "error" => self.error = Some(value),
            _ => self.attributes.push(KeyValue::new(name, value)),
        }
    }
}

fn kind(text: &str) -> Option<SpanKind> {
    match text {
        "server" => Some(SpanKind::Server),
        "client" => Some(SpanKind::Client),
        _ => None,
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value.to_owned());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.attributes.push(KeyValue::new(field.name(), i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }
}
