//! Puts the pieces of tracing together.

use super::channel::{ChannelError, channel};
use super::exporter::{Counted, TraceCounters};
use super::finished::ToSink;
use super::{OtelTracer, SpanLayer};
use crate::TraceSettings;
use crate::environment::Resolved;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The address.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// A variable that the exporter reads.
    #[error(transparent)]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// No threads.
    #[error(transparent)]
    Runtime(#[from] io::Error),
}

/// Tracing under way.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    pub(crate) tracer: Arc<OtelTracer>,
    pub(crate) counters: Arc<TraceCounters>,
    /// One thread, where there is a collector, which drives the connection alone: spans leave while the process's own runtime is busy, or gone.
    runtime: Option<Runtime>,
}

impl Traces {
    /// Starts what takes spans: the sink, and the threads that send them to the collector; whichever there is.
    pub(crate) fn start(resolved: &Resolved, settings: &TraceSettings) -> Result<Self, StartError> {
        let attributes = resolved.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let resource = Resource::builder_empty()
            .with_service_name(resolved.service.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attributes(attributes)
            .build();
        let mut provider = SdkTracerProvider::builder().with_sampler(resolved.sampling.sampler()).with_resource(resource);
        if let Some(sink) = &settings.sink {
            provider = provider.with_span_processor(ToSink(Arc::clone(sink)));
        }
        let counters = Arc::new(TraceCounters::default());
        let mut runtime = None;
        if let Some(endpoint) = &resolved.endpoint {
            let own = Builder::new_multi_thread().worker_threads(1).thread_name("traces").enable_all().build()?;
            let channel = {
                let _entered = own.enter();
                channel(endpoint, settings.tls.as_ref())?
            };
            let exporter = SpanExporter::builder().with_tonic().with_channel(channel).build()?;
            // Its queue holds 2,048 spans, and drops what does not fit (`OTEL_BSP_MAX_QUEUE_SIZE`).
            let processor = BatchSpanProcessor::builder(Counted::new(exporter, endpoint.clone(), Arc::clone(&counters))).build();
            provider = provider.with_span_processor(processor);
            runtime = Some(own);
        }
        let tracer = Arc::new(OtelTracer { sampling: resolved.sampling });
        Ok(Self { provider: provider.build(), tracer, counters, runtime })
    }

    pub(crate) fn layer(&self) -> SpanLayer {
        SpanLayer::new(self.provider.tracer("delian"))
    }

    /// Sends what has ended, and returns when the collector has it or refused it.
    pub(crate) fn flush(&self) -> bool {
        self.provider.force_flush().is_ok()
    }

    /// Sends what is left, for at most `within`, and stops.
    pub(crate) fn stop(&mut self, within: Duration) {
        // What could not be sent by then is lost, and was logged.
        let _ = self.provider.shutdown_with_timeout(within);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
