//! Sends spans, and says when that fails.

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What became of the spans. All only grow.
#[derive(Debug, Default)]
pub struct TraceCounters {
    sent: AtomicU64,
    lost: AtomicU64,
}

impl TraceCounters {
    /// Spans the collector took.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    /// Spans that could not be sent.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// Counts what `inner` sends, and logs when that begins to fail and when it works again: not every time, as a collector may be gone
/// for days.
#[derive(Debug)]
pub(crate) struct Counted<E> {
    inner: E,
    endpoint: String,
    counters: Arc<TraceCounters>,
    fails: AtomicBool,
}

impl<E> Counted<E> {
    pub(crate) fn new(inner: E, endpoint: String, counters: Arc<TraceCounters>) -> Self {
        Self { inner, endpoint, counters, fails: AtomicBool::new(false) }
    }
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        let result = self.inner.export(batch).await;
        match &result {
            Ok(()) => {
                self.counters.sent.fetch_add(count, Relaxed);
                if self.fails.swap(false, Relaxed) {
                    tracing::info!(endpoint = self.endpoint, "spans reach the collector again");
                }
            }
            Err(error) => {
                self.counters.lost.fetch_add(count, Relaxed);
                if !self.fails.swap(true, Relaxed) {
                    tracing::warn!(endpoint = self.endpoint, %error, "spans do not reach the collector");
                }
            }
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
