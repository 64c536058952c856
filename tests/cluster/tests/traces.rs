//! What a collector sees of a call from one datacenter to the other, as four processes tell it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]
#![allow(missing_docs, unreachable_pub, reason = "the collector is that of telemetry's own tests")]

#[path = "../../../agent/telemetry/tests/collector/mod.rs"]
mod collector;

use bytes::Bytes;
use cluster::{Client, Cluster, PATIENCE, Shape, until};
use collector::{Collector, Seen};
use hyper::Method;
use serde_json::json;
use std::time::Duration;

/// The spans of a call that `dc1-s1` is asked and `dc2-s1` answers, each the child of the one before: node and name.
fn way(op: &str) -> [(&'static str, &str); 6] {
    [("dc1-s1", op), ("dc1-s1", "send"), ("dc1-gw1", "relay"), ("dc2-gw1", "relay"), ("dc2-s1", op), ("dc2-s1", "serve")]
}

/// A trace that begins at the client.
struct Trace {
    id: &'static str,
    span: &'static str,
}

const WRITE: Trace = Trace { id: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" };
const QUERY: Trace = Trace { id: "6bf92f3577b34da6a3ce929d0e0e4738", span: "20f067aa0ba902b9" };
const READ: Trace = Trace { id: "5bf92f3577b34da6a3ce929d0e0e4737", span: "10f067aa0ba902b8" };

impl Trace {
    async fn ask(&self, http: &Client, method: Method, body: &'static str) {
        self.ask_for(http, method, "/v1/kv/traced?dc=dc2", body).await;
    }

    async fn ask_for(&self, http: &Client, method: Method, path: &str, body: &'static str) {
        let parent = format!("00-{}-{}-01", self.id, self.span);
        let body = Bytes::from_static(body.as_bytes());
        let answer = http.request_with(method, path, &[("traceparent", &parent)], body, Duration::from_secs(5)).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }

    /// From the span of this node and name up to the first of its trace.
    fn way_up(&self, collector: &Collector, node: &str, name: &str) -> Vec<(String, String)> {
        let mut seen = collector.seen();
        seen.retain(|seen| hex(&seen.span.trace_id) == self.id);
        let mut next = seen.iter().find(|seen| seen.node() == node && seen.span.name == name);
        let mut way = Vec::new();
        while let Some(span) = next {
            way.push((span.node().to_owned(), span.span.name.clone()));
            next = seen.iter().find(|above| above.span.span_id == span.span.parent_span_id);
        }
        way
    }

    /// Its spans, each the parent of the next. Others than those `wanted`, or others in between, fail the test.
    async fn chain(&self, collector: &Collector, wanted: &[(&str, &str)]) -> Vec<Seen> {
        let of_trace = || {
            let mut seen = collector.seen();
            seen.retain(|seen| hex(&seen.span.trace_id) == self.id);
            seen
        };
        // Each process sends its own, when it sees fit.
        until(&format!("{} spans of {}", wanted.len(), self.id), PATIENCE, || std::future::ready(of_trace().len() >= wanted.len())).await;
        let (seen, mut parent) = (of_trace(), self.span.to_owned());
        let mut chain: Vec<Seen> = Vec::new();
        while let Some(next) = seen.iter().find(|seen| hex(&seen.span.parent_span_id) == parent) {
            parent = hex(&next.span.span_id);
            chain.push(next.clone());
        }
        let names: Vec<(&str, &str)> = chain.iter().map(|seen| (seen.node(), seen.span.name.as_str())).collect();
        assert_eq!(names, wanted);
        assert_eq!(seen.len(), wanted.len(), "no span is beside the way: {seen:#?}");
        assert!(chain.is_sorted_by_key(|seen| seen.span.start_time_unix_nano));
        chain
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_through_four_processes_is_one_trace() {
    let (collector, addr) = Collector::begin().await;
    let telemetry = json!({ "telemetry": { "otlp_endpoint": format!("http://{addr}"), "sample_ratio": 1.0 } });
    let shape = Shape { datacenters: 2, servers: 1, gateways: 1, settings: telemetry.clone(), gateway_settings: telemetry };
    let cluster = Cluster::start(shape).await;
    let http = &cluster.datacenters[0].servers[0].http;
    WRITE.ask(http, Method::PUT, "v").await;
    READ.ask(http, Method::GET, "").await;

    let propose = ("dc2-s1", "propose");
    let written = WRITE.chain(&collector, &[way("kv.put").as_slice(), &[propose]].concat()).await;
    let times = written.last().unwrap().attributes();
    let micros = |name: &str| times.get(name).unwrap_or_else(|| panic!("no {name}: {times:?}")).parse::<u64>().unwrap();
    let took = written.last().map(|seen| (seen.span.end_time_unix_nano - seen.span.start_time_unix_nano) / 1000).unwrap();
    assert!(micros("fsync_us") > 0, "{times:?}");
    assert!(micros("queue_us") <= took && micros("apply_us") < 1_000_000, "{times:?} in {took} µs");

    let read = READ.chain(&collector, &way("kv.get")).await;
    for seen in written.iter().chain(&read) {
        assert_eq!(seen.process["service.name"], "delian");
        assert_eq!(seen.process["delian.datacenter"], seen.node()[..3]);
        assert!(seen.span.status.as_ref().is_none_or(|status| status.message.is_empty()), "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_datacenter_that_a_query_tries_is_in_its_trace() {
    let (collector, addr) = Collector::begin().await;
    let telemetry = json!({ "telemetry": { "otlp_endpoint": format!("http://{addr}"), "sample_ratio": 1.0 } });
    let shape = Shape { datacenters: 2, servers: 1, gateways: 1, settings: telemetry.clone(), gateway_settings: telemetry };
    let cluster = Cluster::start(shape).await;
    let http = &cluster.datacenters[0].servers[0].http;
    let query = json!({ "Name": "q", "Service": { "Service": "none", "Failover": { "Datacenters": ["dc2"] } } }).to_string();
    let created = http.request(Method::POST, "/v1/query", Bytes::from(query), Duration::from_secs(5)).await.unwrap();
    assert_eq!(created.status, 200, "{}", created.text());
    QUERY.ask_for(http, Method::GET, "/v1/query/q/execute", "").await;

    let expected = [
        ("dc2-s1", "query.instances"),
        ("dc2-s1", "query.serve"),
        ("dc2-gw1", "relay"),
        ("dc1-gw1", "failover"),
        ("dc1-gw1", "relay"),
        ("dc1-s1", "send"),
        ("dc1-s1", "query.failover"),
        ("dc1-s1", "query.execute"),
    ];
    let expected: Vec<_> = expected.map(|(node, name)| (node.to_owned(), name.to_owned())).into();
    // Each process sends its own spans when it sees fit.
    until("the trace of the query", PATIENCE, || {
        let way = QUERY.way_up(&collector, "dc2-s1", "query.instances");
        let complete = way == expected;
        async move { complete }
    })
    .await;
}
