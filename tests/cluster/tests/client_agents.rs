//! Agents without a state of their own: they answer as a server does, as long as any server is there to ask.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use cluster::{Bounds, Client, Cluster, PATIENCE, Running, Shape, Workload, until};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

async fn status_of(http: &Client, node: &str) -> Option<String> {
    let checks = http.json(&format!("/v1/health/node/{node}")).await?;
    checks.as_array()?.iter().find(|check| check["CheckID"] == "serfHealth")?["Status"].as_str().map(str::to_owned)
}

async fn progress(running: &Running, writes: u64) {
    let goal = running.acknowledged() + writes;
    until(&format!("{writes} more writes"), PATIENCE, || async { running.acknowledged() >= goal }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_agent_answers_as_a_server_does_and_leaves_at_an_interrupt() {
    let cluster = Cluster::start(Shape { datacenters: 2, servers: 1, gateways: 1, ..Shape::default() }).await;
    let mut agent = cluster.client_agent(1, 1, &json!({})).await;
    let server = Arc::clone(&cluster.datacenters[0].servers[0].http);
    until("its node is passing", PATIENCE, || async { status_of(&server, "dc1-c1").await.as_deref() == Some("passing") }).await;

    assert_eq!(agent.http.put("/v1/kv/said-here", "heard").await.unwrap().text(), "true");
    assert_eq!(server.get("/v1/kv/said-here?raw").await.unwrap().text(), "heard");
    assert_eq!(agent.http.put("/v1/kv/said-here?dc=dc2", "far").await.unwrap().text(), "true");
    assert_eq!(agent.http.get("/v1/kv/said-here?dc=dc2&raw").await.unwrap().text(), "far");
    assert_eq!(agent.http.json("/v1/catalog/datacenters").await, Some(json!(["dc1", "dc2"])));
    let own = agent.http.json("/v1/agent/self").await.unwrap();
    assert_eq!((&own["Config"]["Server"], &own["Member"]["Tags"]["role"]), (&json!(false), &json!("node")), "{own}");
    let members = agent.http.json("/v1/agent/members").await.unwrap();
    assert_eq!(members.as_array().map(Vec::len), Some(3), "{members}");
    let refused = agent.http.put("/v1/agent/join/127.0.0.1?wan=1", "").await.unwrap();
    assert_eq!((refused.status, refused.text().as_str()), (500, "Must be a server to join WAN cluster"));

    agent.interrupt();
    until("its node is gone", PATIENCE, || async { server.json("/v1/catalog/node/dc1-c1").await == Some(Value::Null) }).await;
    agent.ended(PATIENCE).await;
}

/// Reads and writes through client agents alone, while servers die and hang: what was acknowledged stays, and reads are linearizable.
#[tokio::test(flavor = "multi_thread")]
async fn servers_that_die_or_hang_are_left() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let agents = [cluster.client_agent(1, 1, &json!({})).await, cluster.client_agent(1, 2, &json!({})).await];
    let running = Workload::default().start("through-agents", agents.iter().map(|agent| Arc::clone(&agent.http)).collect());
    let dc = cluster.dc1();
    progress(&running, 100).await;
    let follower = (dc.leader().await + 1) % 3;
    dc.servers[follower].kill();
    progress(&running, 100).await;
    dc.servers[follower].start();
    dc.ready().await;
    let leader = dc.leader().await;
    dc.servers[leader].pause();
    dc.leader_other_than(Some(leader)).await;
    progress(&running, 100).await;
    dc.servers[leader].resume();
    progress(&running, 100).await;
    running.stop().await.check(Bounds::default()).unwrap_or_else(|error| panic!("{error}"));
}

/// A read that is under way when its server dies is answered by another.
#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_read_survives_its_server() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let agent = cluster.client_agent(1, 1, &json!({})).await;
    let mut readers = JoinSet::new();
    // Keys of their own, so that the reads are not one, and spread over the servers.
    for number in 0..8 {
        let path = format!("/v1/kv/watched/{number}");
        agent.http.put(&path, "1").await.unwrap();
        let index = agent.http.get(&path).await.unwrap().json()[0]["ModifyIndex"].as_u64().unwrap();
        let (http, path) = (Arc::clone(&agent.http), format!("{path}?stale&wait=60s&index={index}"));
        readers.spawn(async move { http.request(http::Method::GET, &path, bytes::Bytes::new(), Duration::from_secs(60)).await });
    }
    let dc = cluster.dc1();
    let follower = (dc.leader().await + 1) % 3;
    dc.servers[follower].kill();
    let killed = Instant::now();
    for number in 0..8 {
        let path = format!("/v1/kv/watched/{number}");
        until("a write passes", PATIENCE, || async { agent.http.put(&path, "2").await.is_ok_and(|answer| answer.text() == "true") }).await;
    }
    while let Some(answer) = readers.join_next().await {
        let answer = answer.unwrap().unwrap();
        assert_eq!((answer.status, answer.json()[0]["Value"].as_str()), (200, Some("Mg==")), "after {:?}", killed.elapsed());
    }
}

/// Blocked reads of one agent: this many connections, on so many keys.
const READERS: usize = 10_000;
const KEYS: usize = 20;

/// Ten thousand blocked reads through one agent are a read per key upstream, and delay nobody.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_blocked_reads_are_few_upstream() {
    let cluster = Cluster::start(Shape { servers: 1, ..Shape::default() }).await;
    let agent = cluster.client_agent(1, 1, &json!({ "limits": { "http_max_conns_per_client": 2 * READERS } })).await;
    let server = &cluster.datacenters[0].servers[0].http;
    let mut paths = Vec::new();
    for key in 0..KEYS {
        let path = format!("/v1/kv/blocked/{key}");
        agent.http.put(&path, "1").await.unwrap();
        let index = agent.http.get(&path).await.unwrap().json()[0]["ModifyIndex"].as_u64().unwrap();
        paths.push((path, index));
    }
    let mut readers = JoinSet::new();
    for number in 0..READERS {
        let (path, index) = &paths[number % KEYS];
        let mut stream = until_connected(&agent.http).await;
        let request = format!("GET {path}?raw&wait=300s&index={index} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        readers.spawn(async move {
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.map(|_| answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"\r\n2"))
        });
    }
    let blocked = || async { gauge(server, "dispatch.blocked_reads").await };
    until("every key is waited for", PATIENCE, || async { blocked().await.is_some_and(|reads| reads >= KEYS as f64) }).await;
    let upstream = blocked().await.unwrap();
    assert!(upstream <= 4.0 * KEYS as f64, "{upstream} reads upstream");

    // With a deadline of its own: a put that waits for reads would wait for minutes.
    assert_eq!(agent.http.put("/v1/kv/unrelated", "1").await.unwrap().text(), "true");
    for (path, _) in &paths {
        assert_eq!(agent.http.put(path, "2").await.unwrap().text(), "true");
    }
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while let Some(answer) = tokio::time::timeout_at(deadline, readers.join_next()).await.expect("all readers are answered") {
        assert!(answer.unwrap().unwrap(), "an answer other than the new value");
    }
}

async fn until_connected(http: &Client) -> TcpStream {
    cluster::until_some("a connection", PATIENCE, || async { TcpStream::connect(http.address()).await.ok() }).await
}

/// A gauge as `/v1/agent/metrics` shows it, whatever stands before its name.
async fn gauge(http: &Client, name: &str) -> Option<f64> {
    let metrics = http.json("/v1/agent/metrics").await?;
    let gauges = metrics["Gauges"].as_array()?.iter();
    gauges.filter(|gauge| gauge["Name"].as_str().is_some_and(|full| full.ends_with(name))).find_map(|gauge| gauge["Value"].as_f64())
}
