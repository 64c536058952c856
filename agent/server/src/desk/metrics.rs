//! `/v1/agent/metrics`: what this process counts.

use super::{Desk, clock};
use api::agent::{Document, Metrics};
use api::{Code, Error};
use consensus::Role;
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Desk {
    pub(super) fn metrics(&self, op: &Metrics) -> Result<Document, Error> {
        let (gauges, counters) = (self.gauges(), self.counted());
        if !op.prometheus {
            return Ok(super::json(&as_json(&self.settings.metrics_prefix, &gauges, &counters)));
        }
        if !self.settings.prometheus {
            return Err(Error::new(Code::BadRequest, "Prometheus is not enabled since its retention time is not positive"));
        }
        let text = as_prometheus(&self.settings.metrics_prefix, &gauges, &counters);
        Ok(Document { content_type: "text/plain; version=0.0.4; charset=utf-8".to_owned(), text })
    }

    fn gauges(&self) -> Vec<(&'static str, f64)> {
        let status = self.consensus.status().borrow().clone();
        let log = self.consensus.log_counters();
        let per_fsync = if log.commits() == 0 { 0.0 } else { log.entries() as f64 / log.commits() as f64 };
        vec![
            ("raft.leader", if status.role == Role::Leader { 1.0 } else { 0.0 }),
            ("raft.term", status.term as f64),
            ("raft.last_index", status.last_log as f64),
            ("raft.applied_index", status.applied as f64),
            ("raft.peers", status.voters as f64),
            ("raft.log.entries_per_fsync", per_fsync),
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

fn as_json(prefix: &str, gauges: &[(&str, f64)], counters: &[(&str, u64)]) -> Value {
    let gauges: Vec<Value> =
        gauges.iter().map(|(name, value)| json!({ "Name": format!("{prefix}.{name}"), "Value": value, "Labels": {} })).collect();
    let counters: Vec<Value> = counters
        .iter()
        .map(|(name, count)| {
            json!({
                "Name": format!("{prefix}.{name}"), "Count": count, "Rate": 0.0, "Sum": count, "Min": 0, "Max": count, "Mean": 0.0, "Stddev": 0.0,
                "Labels": {},
            })
        })
        .collect();
    json!({ "Timestamp": timestamp(), "Gauges": gauges, "Points": [], "Counters": counters, "Samples": [] })
}

fn as_prometheus(prefix: &str, gauges: &[(&str, f64)], counters: &[(&str, u64)]) -> String {
    let mut text = String::new();
    let name = |name: &str| format!("{prefix}_{}", name.replace('.', "_"));
    for (gauge, value) in gauges {
        let name = name(gauge);
        // Writing to a string does not fail.
        let _ = writeln!(text, "# HELP {name} {name}\n# TYPE {name} gauge\n{name} {value}");
    }
    for (counter, value) in counters {
        let name = name(counter);
        let _ = writeln!(text, "# HELP {name} {name}\n# TYPE {name} counter\n{name} {value}");
    }
    text
}

/// When the ten seconds ended that ended last.
fn timestamp() -> String {
    clock::go_time(Duration::from_secs(clock::now().as_secs() / 10 * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_every_metric() {
        let (gauges, counters) = ([("raft.leader", 1.0)], [("raft.log.fsyncs", 7)]);
        assert_eq!(as_json("consul", &gauges, &counters)["Counters"][0]["Name"], "consul.raft.log.fsyncs");
        assert!(as_prometheus("consul", &gauges, &counters).contains("\nconsul_raft_log_fsyncs 7\n"));
    }
}
