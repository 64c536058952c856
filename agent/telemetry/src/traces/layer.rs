//! From `tracing` to OpenTelemetry.

use super::context;
use super::fields::Fields;
use opentelemetry::trace::{Span as _, SpanBuilder, SpanContext, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, Span};
use tracing::Subscriber;
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as LayerContext;
use tracing_subscriber::registry::LookupSpan;

/// Begins an OpenTelemetry span with each `tracing` span it is shown, and ends it with that. The parent is the `tracing` parent, or
/// else what `trace.parent` names.
pub(crate) struct SpanLayer {
    tracer: SdkTracer,
}

/// The OpenTelemetry span of a `tracing` span; one of the latter's extensions.
pub(crate) struct Recording(Span);

impl Recording {
    pub(crate) fn context(&self) -> &SpanContext {
        self.0.span_context()
    }
}

impl SpanLayer {
    pub(crate) fn new(tracer: SdkTracer) -> Self {
        Self { tracer }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, layers: LayerContext<'_, S>) {
        let Some(span) = layers.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let local = span.parent().and_then(|parent| Some(parent.extensions().get::<Recording>()?.context().clone()));
        let parent = local.or_else(|| context::parse(&fields.remote));
        let parent = parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        let name = fields.name.take().map_or_else(|| attributes.metadata().name().into(), std::borrow::Cow::Owned);
        let builder = SpanBuilder {
            span_kind: fields.kind.take(),
            attributes: Some(std::mem::take(&mut fields.attributes)),
            ..SpanBuilder::from_name::<std::borrow::Cow<'static, str>>(name)
        };
        let mut recording = Recording(self.tracer.build_with_context(builder, &parent));
        recording.note(fields);
        span.extensions_mut().insert(recording);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, layers: LayerContext<'_, S>) {
        let Some(span) = layers.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(recording) = span.extensions_mut().get_mut::<Recording>() {
            recording.note(fields);
        }
    }

    fn on_close(&self, id: Id, layers: LayerContext<'_, S>) {
        let Some(span) = layers.span(&id) else { return };
        let recording = span.extensions_mut().remove::<Recording>();
        if let Some(Recording(mut span)) = recording {
            span.end();
        }
    }
}

impl Recording {
    fn note(&mut self, fields: Fields) {
        self.0.set_attributes(fields.attributes);
        if let Some(error) = fields.error {
            self.0.set_attribute(KeyValue::new("error.message", error.clone()));
            self.0.set_status(Status::error(error));
        }
    }
}
