//! `/v1/agent/metrics`: what this process counts, in intervals of ten seconds, or since it began for Prometheus.

use super::Desk;
use api::agent::{Document, Metrics};
use api::{Code, Error};
use consensus::Role;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};
use telemetry::{Counter, Gauge, Labels};

/// How often the state of everything is taken.
pub(super) const PERIOD: Duration = Duration::from_secs(1);

impl Desk {
    pub(super) fn metrics(&self, op: &Metrics) -> Result<Document, Error> {
        if !op.prometheus {
            let snapshot = serde_json::to_value(self.metrics.snapshot()).map_err(|error| Error::failed(error.to_string()))?;
            return Ok(super::json(&snapshot));
        }
        if !self.settings.prometheus {
            return Err(Error::new(Code::BadRequest, "Prometheus is not enabled since its retention time is not positive"));
        }
        self.measure();
        Ok(Document { content_type: "text/plain; version=0.0.4; charset=utf-8".to_owned(), text: self.metrics.prometheus() })
    }

    /// Takes the state of everything.
    pub(super) fn measure(&self) {
        let gauge = |(name, value)| Gauge { name, labels: Labels::new(), value };
        let counter = |(name, total)| Counter { name, labels: Labels::new(), total };
        let gauges = self.gauges().into_iter().map(gauge).collect();
        self.metrics.tick(SystemTime::now(), gauges, self.counted().into_iter().map(counter).collect());
    }

    fn gauges(&self) -> Vec<(&'static str, f64)> {
        let status = self.consensus.status().borrow().clone();
        let log = self.consensus.log_counters();
        vec![
            ("raft.leader", if status.role == Role::Leader { 1.0 } else { 0.0 }),
            ("raft.term", status.term as f64),
            ("raft.last_index", status.last_log as f64),
            ("raft.applied_index", status.applied as f64),
            ("raft.peers", status.voters as f64),
            ("raft.log.entries_per_fsync", log.entries_per_fsync()),
            ("state.index", self.waist.store().snapshot().index() as f64),
            ("dispatch.topics", self.waist.store().topics().len() as f64),
            ("serf.members", self.lan.members().borrow().len() as f64),
            ("runtime.uptime_seconds", self.started.elapsed().as_secs_f64()),
        ]
    }

    fn counted(&self) -> Vec<(&'static str, u64)> {
        let log = self.consensus.log_counters();
        vec![
            ("raft.log.entries", log.entries()),
            ("raft.log.fsyncs", log.commits()),
            ("http.requests", self.counters.requests.load(Ordering::Relaxed)),
            ("http.failures", self.counters.failures.load(Ordering::Relaxed)),
            ("http.refused_connections", self.counters.refused.load(Ordering::Relaxed)),
        ]
    }
}
