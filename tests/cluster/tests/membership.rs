//! Servers that come, leave, die, and come back with nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use cluster::{Client, Cluster, PATIENCE, Shape, until, until_some};
use serde_json::{Value, json};
use std::time::Duration;

/// What "at once" is: well below the time in which a silent death would be noticed.
const AT_ONCE: Duration = Duration::from_secs(10);

/// The status of a node's `serfHealth`; `None` while the catalog does not have it.
async fn health(http: &Client, node: &str) -> Option<String> {
    let checks = http.json(&format!("/v1/health/node/{node}")).await?;
    let serf = checks.as_array()?.iter().find(|check| check["CheckID"] == "serfHealth")?;
    serf["Status"].as_str().map(str::to_owned)
}

async fn in_catalog(http: &Client, node: &str) -> Option<bool> {
    let nodes = http.json("/v1/catalog/nodes").await?;
    Some(nodes.as_array()?.iter().any(|row: &Value| row["Node"] == node))
}

async fn healthy(http: &Client, node: &str) {
    until(&format!("{node} is passing"), PATIENCE, || async { health(http, node).await.as_deref() == Some("passing") }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fourth_server_joins_votes_and_leaves() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let fourth = cluster.add_server(1, &json!({}));
    cluster.dc1().voters(&["dc1-s1", "dc1-s2", "dc1-s3", "dc1-s4"]).await;
    cluster.dc1().ready().await;
    let dc = cluster.dc1();
    healthy(&dc.servers[0].http, "dc1-s4").await;

    let asked = dc.servers[fourth].http.put("/v1/agent/leave", "").await;
    // The answer and the end of the process race.
    assert!(asked.as_ref().map_or(true, |answer| answer.status == 200), "{asked:?}");
    gone(&cluster, fourth).await;
    let ended = cluster.dc1().servers[fourth].ended(PATIENCE).await;
    assert!(ended.status.success(), "{}\n{}", ended.status, ended.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_leaves_where_it_is_told_to() {
    let mut cluster = Cluster::start(Shape { settings: json!({ "leave_on_terminate": true }), ..Shape::default() }).await;
    let dc = cluster.dc1();
    healthy(&dc.servers[0].http, "dc1-s3").await;
    let leader = dc.leader().await;
    let leaver = (leader + 1) % 3;
    dc.servers[leaver].terminate();
    gone(&cluster, leaver).await;
    // With which status is not said: it was told to end by a signal.
    cluster.dc1().servers[leaver].ended(PATIENCE).await;
}

/// The leader hands over before it goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_leaves_is_followed_by_another() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    let leader = dc.leader().await;
    let _ = dc.servers[leader].http.put("/v1/agent/leave", "").await;
    dc.leader_other_than(Some(leader)).await;
    gone(&cluster, leader).await;
}

/// Waits until nobody has it any more: not raft, not the catalog.
async fn gone(cluster: &Cluster, leaver: usize) {
    let dc = &cluster.datacenters[0];
    let name = dc.servers[leaver].name.as_str();
    let http = &dc.servers[if leaver == 0 { 1 } else { 0 }].http;
    until(&format!("raft is without {name}"), AT_ONCE, || async {
        let servers = http.json("/v1/operator/raft/configuration").await;
        servers.is_some_and(|now| now["Servers"].as_array().unwrap().iter().all(|row| row["Node"] != name))
    })
    .await;
    until(&format!("the catalog is without {name}"), AT_ONCE, || async { in_catalog(http, name).await == Some(false) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_is_critical_until_it_is_back() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    let leader = dc.leader().await;
    let victim = (leader + 1) % 3;
    let (http, name) = (dc.servers[leader].http.clone(), dc.servers[victim].name.clone());
    healthy(&http, &name).await;
    dc.servers[victim].kill();
    until(&format!("{name} is critical"), PATIENCE, || async { health(&http, &name).await.as_deref() == Some("critical") }).await;
    assert_eq!(in_catalog(&http, &name).await, Some(true), "who only died is still registered");
    dc.servers[victim].start();
    healthy(&http, &name).await;
    dc.voters(&["dc1-s1", "dc1-s2", "dc1-s3"]).await;
}

/// A disk that forgot what it promised must not vote under its old name: raft gets a new node, and loses the old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_disk_comes_back_under_another_raft_id() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    let leader = dc.leader().await;
    let victim = (leader + 1) % 3;
    until_some("a write", PATIENCE, || async { dc.servers[leader].http.kv_put("kept", "yes", Duration::from_secs(2)).await.ok() }).await;
    let name = dc.servers[victim].name.clone();
    let id = |raft: &[(String, String, bool)]| raft.iter().find(|(node, ..)| *node == name).map(|(_, id, _)| id.clone());
    let before = id(&dc.raft().await).unwrap();

    dc.servers[victim].kill();
    std::fs::remove_dir_all(&dc.servers[victim].data).unwrap();
    dc.servers[victim].start();
    until(&format!("{name} votes under another id than {before}"), PATIENCE, || async {
        let raft = dc.raft().await;
        raft.len() == 3 && raft.iter().all(|(.., votes)| *votes) && id(&raft).is_some_and(|now| now != before)
    })
    .await;
    cluster.holds_everywhere(1, "kept", "yes").await;
}
