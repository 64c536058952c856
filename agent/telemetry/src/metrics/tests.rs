#![allow(clippy::unwrap_used)]
use super::*;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_233_200 + seconds)
}

fn gauge(name: &'static str, value: f64) -> Gauge {
    Gauge { name, labels: Labels::new(), value }
}

fn counter(name: &'static str, total: u64) -> Counter {
    Counter { name, labels: Labels::new(), total }
}

fn op(name: &str) -> Labels {
    Labels::from([("op", name.to_owned())])
}

fn json(metrics: &Metrics) -> String {
    serde_json::to_string(&metrics.snapshot()).unwrap()
}

fn measured() -> Metrics {
    let metrics = Metrics::new(MetricsSettings::default(), at(1));
    metrics.sample("fsm.kvs", op("set"), 0.25);
    metrics.sample("fsm.kvs", op("set"), 0.75);
    metrics.tick(
        at(2),
        vec![gauge("raft.applied_index", 12.0), gauge("lag", 0.5), gauge("broken", f64::NAN)],
        vec![counter("client.rpc", 3)],
    );
    metrics
}

#[test]
fn json_is_consuls() {
    let metrics = measured();
    let expected = concat!(
        r#"{"Timestamp":"2026-11-21 03:53:20 +0000 UTC","#,
        r#""Gauges":[{"Name":"consul.lag","Value":0.5,"Labels":{}},{"Name":"consul.raft.applied_index","Value":12,"Labels":{}}],"#,
        r#""Points":[],"#,
        r#""Counters":[{"Name":"consul.client.rpc","Count":3,"Rate":0.3,"Sum":3,"Min":1,"Max":1,"Mean":1,"Stddev":0,"Labels":{}}],"#,
        r#""Samples":[{"Name":"consul.fsm.kvs","Count":2,"Rate":0.1,"Sum":1,"Min":0.25,"Max":0.75,"Mean":0.5,"#,
        r#""Stddev":0.3535533905932738,"Labels":{"op":"set"}}]}"#,
    );
    assert_eq!(json(&metrics), expected, "the only interval there is, is shown");
    metrics.tick(at(11), Vec::new(), vec![counter("client.rpc", 3)]);
    let complete = json(&metrics);
    assert!(complete.contains(r#""Timestamp":"2026-11-21 03:53:20"#), "then the last complete one: {complete}");
}

#[test]
fn an_interval_holds_what_happened_in_it() {
    let metrics = measured();
    metrics.tick(at(10), vec![gauge("lag", 1.0)], vec![counter("client.rpc", 4)]);
    assert!(json(&metrics).contains(r#""Name":"consul.client.rpc","Count":4"#), "the tick that ends an interval belongs to it");
    metrics.tick(at(15), vec![gauge("lag", 2.0)], vec![counter("client.rpc", 9)]);
    metrics.tick(at(20), vec![gauge("lag", 3.0)], vec![counter("client.rpc", 2)]);
    let shown = json(&metrics);
    assert!(
        shown.contains(r#""Timestamp":"2026-11-21 03:53:30 +0000 UTC","Gauges":[{"Name":"consul.lag","Value":3,"Labels":{}}]"#),
        "{shown}"
    );
    assert!(shown.contains(r#""Name":"consul.client.rpc","Count":7"#), "five, then two after a new beginning: {shown}");
    assert!(shown.contains(r#""Samples":[]"#), "{shown}");
}

#[test]
fn prometheus_text_is_exposition_format() {
    let metrics = measured();
    metrics.sample("fsm.kvs", op("a\"b\\c\nd"), 1.0);
    let expected = "\
# HELP consul_client_rpc consul_client_rpc
# TYPE consul_client_rpc counter
consul_client_rpc 3
# HELP consul_fsm_kvs consul_fsm_kvs
# TYPE consul_fsm_kvs summary
consul_fsm_kvs_sum{op=\"a\\\"b\\\\c\\nd\"} 1
consul_fsm_kvs_count{op=\"a\\\"b\\\\c\\nd\"} 1
consul_fsm_kvs_sum{op=\"set\"} 1
consul_fsm_kvs_count{op=\"set\"} 2
# HELP consul_lag consul_lag
# TYPE consul_lag gauge
consul_lag 0.5
# HELP consul_raft_applied_index consul_raft_applied_index
# TYPE consul_raft_applied_index gauge
consul_raft_applied_index 12
";
    assert_eq!(metrics.prometheus(), expected);
}

#[test]
fn names_bear_the_prefix_and_gauges_the_host() {
    let settings = MetricsSettings { prefix: "delian".into(), hostname: Some("h-1".into()), ..MetricsSettings::default() };
    let metrics = Metrics::new(settings, at(0));
    metrics.tick(at(1), vec![gauge("g", 1.0)], vec![counter("c", 1)]);
    let shown = json(&metrics);
    assert!(shown.contains(r#""Name":"delian.h-1.g""#) && shown.contains(r#""Name":"delian.c""#), "{shown}");
    assert!(metrics.prometheus().contains("delian_h_1_g 1\n"));
}

#[test]
fn the_longest_prefix_decides_what_is_shown() {
    let settings = MetricsSettings {
        allowed_prefixes: vec!["consul.raft.apply".into()],
        blocked_prefixes: vec!["consul.raft".into()],
        ..MetricsSettings::default()
    };
    let metrics = Metrics::new(settings, at(0));
    let gauges = || vec![gauge("raft.commit", 1.0), gauge("raft.apply", 2.0), gauge("http", 3.0)];
    metrics.tick(at(1), gauges(), Vec::new());
    let shown = metrics.prometheus();
    assert!(!shown.contains("commit") && shown.contains("consul_raft_apply 2") && shown.contains("consul_http 3"), "{shown}");
    metrics.set_prefix_filter(&["consul.http".into()], &[], false);
    metrics.tick(at(2), gauges(), Vec::new());
    let shown = metrics.prometheus();
    assert!(!shown.contains("raft") && shown.contains("consul_http 3"), "{shown}");
}

#[test]
fn series_are_bounded() {
    let metrics = Metrics::new(MetricsSettings::default(), at(0));
    for number in 0..10_000 {
        metrics.sample("s", op(&number.to_string()), 1.0);
    }
    metrics.sample("s", op("1"), 1.0);
    assert_eq!(metrics.refused(), 10_000 - 8192);
    assert_eq!(metrics.prometheus().lines().count(), 2 + 2 * 8192);
}
