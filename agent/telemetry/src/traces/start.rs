//! Puts the pieces of tracing together.

use super::channel::{ChannelError, channel};
use super::exporter::{Counted, TraceCounters};
use super::{OtelTracer, SpanLayer};
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
    /// One thread, which drives the connection alone: spans leave while the process's own runtime is busy, or gone.
    runtime: Option<Runtime>,
}

impl Traces {
    /// Starts the threads that send spans to `endpoint`.
    pub(crate) fn start(endpoint: &str, resolved: &Resolved, tls: Option<&Arc<rustls::ClientConfig>>) -> Result<Self, StartError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("traces").enable_all().build()?;
        let channel = {
            let _entered = runtime.enter();
            channel(endpoint, tls)?
        };
        let exporter = SpanExporter::builder().with_tonic().with_channel(channel).build()?;
        let counters = Arc::new(TraceCounters::default());
        // Its queue holds 2,048 spans, and drops what does not fit (`OTEL_BSP_MAX_QUEUE_SIZE`).
        let processor = BatchSpanProcessor::builder(Counted::new(exporter, endpoint.to_owned(), Arc::clone(&counters))).build();
        let attributes = resolved.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let resource = Resource::builder_empty()
            .with_service_name(resolved.service.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attributes(attributes)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(resolved.sampling.sampler())
            .with_resource(resource)
            .build();
        Ok(Self { provider, tracer: Arc::new(OtelTracer { sampling: resolved.sampling }), counters, runtime: Some(runtime) })
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
        if let Some(runtime) = self.runtime.take() {
            // What could not be sent by then is lost, and was logged.
            let _ = self.provider.shutdown_with_timeout(within);
            runtime.shutdown_background();
        }
    }
}
