//! Writes that come together reach the disk together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use cluster::{Client, Cluster, PATIENCE, Shape, until_some};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const WRITERS: usize = 64;
const WRITES: usize = 6400;
/// Entries that share one fsync, at the least.
const SHARED: f64 = 16.0;

/// Entries and fsyncs of the log since the process began.
async fn log_counters(http: &Client) -> (f64, f64) {
    // As JSON, counters are of ten seconds; for Prometheus they are of the whole life.
    let text = until_some("metrics", PATIENCE, || async {
        let answer = http.get("/v1/agent/metrics?format=prometheus").await.ok()?;
        (answer.status == 200).then(|| answer.text())
    })
    .await;
    let counter = |name: &str| -> f64 {
        let found = text.lines().find_map(|line| line.strip_prefix("consul_")?.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no counter {name}: {text}")).parse().unwrap()
    };
    (counter("raft_log_entries"), counter("raft_log_fsyncs"))
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_share_fsyncs() {
    let settings = serde_json::json!({ "telemetry": { "prometheus_retention_time": "60s" } });
    let mut cluster = Cluster::start(Shape { settings, ..Shape::default() }).await;
    let dc = cluster.dc1();
    let leader = dc.leader().await;
    let http = Arc::clone(&dc.servers[leader].http);
    let (entries, fsyncs) = log_counters(&http).await;

    let next = Arc::new(AtomicUsize::new(0));
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (http, next) = (Arc::clone(&http), Arc::clone(&next));
        writers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= WRITES {
                    return;
                }
                http.kv_put(&format!("g/{number}"), "x", Duration::from_secs(10)).await.unwrap();
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    let (entries, fsyncs) = {
        let (entries_now, fsyncs_now) = log_counters(&http).await;
        (entries_now - entries, fsyncs_now - fsyncs)
    };
    println!("{entries} entries with {fsyncs} fsyncs: {:.1} each", entries / fsyncs);
    assert!(entries >= 6400.0, "{entries} entries for {WRITES} writes");
    assert!(entries / fsyncs >= SHARED, "{entries} entries took {fsyncs} fsyncs: {:.1} each, not {SHARED}", entries / fsyncs);
}
