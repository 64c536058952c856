//! `/v1/agent/metrics`: what this process counts, in intervals of ten seconds, or since it began for Prometheus.

use crate::desk::Desk;
use crate::{Office, document};
use api::agent::{Document, Metrics};
use api::{Code, Error};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};
use telemetry::{Counter, Gauge, Labels};

/// How often the state of everything is taken.
pub(crate) const PERIOD: Duration = Duration::from_secs(1);

impl<O: Office> Desk<O> {
    pub(crate) fn metrics(&self, op: &Metrics) -> Result<Document, Error> {
        if !op.prometheus {
            let snapshot = serde_json::to_value(self.metrics.snapshot()).map_err(|error| Error::failed(error.to_string()))?;
            return Ok(document::json(&snapshot));
        }
        if !self.parts.settings.prometheus {
            return Err(Error::new(Code::BadRequest, "Prometheus is not enabled since its retention time is not positive"));
        }
        self.measure();
        Ok(Document { content_type: "text/plain; version=0.0.4; charset=utf-8".to_owned(), text: self.metrics.prometheus() })
    }

    /// Takes the state of everything.
    pub(crate) fn measure(&self) {
        let gauge = |(name, value)| Gauge { name, labels: Labels::new(), value };
        let counter = |(name, total)| Counter { name, labels: Labels::new(), total };
        let gauges = self.gauges().into_iter().chain(self.office.gauges()).map(gauge).collect();
        let counters = self.counted().into_iter().chain(self.office.counted()).map(counter).collect();
        self.metrics.tick(SystemTime::now(), gauges, counters);
    }

    fn gauges(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("serf.members", self.parts.lan.members().borrow().len() as f64),
            ("runtime.uptime_seconds", self.parts.started.elapsed().as_secs_f64()),
        ]
    }

    fn counted(&self) -> Vec<(&'static str, u64)> {
        let mut counted = vec![
            ("http.requests", self.parts.counters.requests.load(Ordering::Relaxed)),
            ("http.failures", self.parts.counters.failures.load(Ordering::Relaxed)),
            ("http.refused_connections", self.parts.counters.refused.load(Ordering::Relaxed)),
        ];
        counted.extend(self.parts.dns_counters.all());
        counted
    }
}
