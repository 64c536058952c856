//! What an agent has acknowledged it still has after it was killed, and it does not acknowledge what its disk refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use cluster::{Client, Cluster, Node, PATIENCE, Shape, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

async fn register(http: &Client, id: &str) -> Result<(), String> {
    let definition = json!({ "Name": "web", "ID": id, "Check": { "TTL": "600s" } });
    match http.put("/v1/agent/service/register", definition.to_string()).await {
        Ok(answer) if answer.status == 200 => Ok(()),
        Ok(answer) => Err(answer.text()),
        Err(error) => Err(error.to_string()),
    }
}

async fn keys(http: &Client, path: &str) -> Option<BTreeSet<String>> {
    Some(http.json(path).await?.as_object()?.keys().cloned().collect())
}

async fn has_started(node: &Node) {
    until(&format!("{} answers", node.name), PATIENCE, || async { keys(&node.http, "/v1/agent/services").await.is_some() }).await;
}

/// Registers by several clients until the agent is killed; what it acknowledged.
async fn register_until_killed(agent: &mut Node, round: usize) -> BTreeSet<String> {
    let (over, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut clients = JoinSet::new();
    for _ in 0..8 {
        let (http, over, number) = (Arc::clone(&agent.http), Arc::clone(&over), Arc::clone(&number));
        clients.spawn(async move {
            let mut acknowledged = BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                let id = format!("{round}-{}", number.fetch_add(1, Ordering::Relaxed));
                if register(&http, &id).await.is_ok() {
                    acknowledged.insert(id);
                }
            }
            acknowledged
        });
    }
    // Some are registered, and others are on their way.
    until("registrations", PATIENCE, || async { number.load(Ordering::Relaxed) > 40 + round * 7 }).await;
    agent.kill();
    over.store(true, Ordering::Relaxed);
    clients.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_agent_has_all_that_it_acknowledged() {
    let cluster = Cluster::start(Shape { servers: 1, ..Shape::default() }).await;
    let mut agent = cluster.client_agent(1, 1, &json!({})).await;
    let mut acknowledged = BTreeSet::new();
    for round in 0..4 {
        acknowledged.extend(register_until_killed(&mut agent, round).await);
        agent.start();
        has_started(&agent).await;
        let (services, checks) =
            (keys(&agent.http, "/v1/agent/services").await.unwrap(), keys(&agent.http, "/v1/agent/checks").await.unwrap());
        let lost: Vec<&String> = acknowledged.difference(&services).collect();
        assert!(lost.is_empty(), "acknowledged and lost in round {round}: {lost:?}");
        // Whatever else came through came with its check: without one it would count as healthy.
        let unchecked: Vec<&String> = services.iter().filter(|id| !checks.contains(&format!("service:{id}"))).collect();
        assert!(unchecked.is_empty(), "{unchecked:?}");
        let server = &cluster.datacenters[0].servers[0];
        until("the catalog says the same", PATIENCE, || async {
            let Some(node) = server.http.json(&format!("/v1/catalog/node/{}", agent.name)).await else { return false };
            node["Services"].as_object().is_some_and(|listed| listed.keys().cloned().collect::<BTreeSet<_>>() == services)
        })
        .await;
    }
}

/// A file system of its own, small enough to be filled.
struct Small(PathBuf);

impl Small {
    fn mount(at: PathBuf) -> Result<Self, String> {
        fs::create_dir_all(&at).unwrap();
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "delian-test"]).arg(&at).output();
        let output = output.map_err(|error| format!("mount: {error}"))?;
        if output.status.success() { Ok(Self(at)) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
    }

    /// Leaves no byte free.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("ballast");
        let mut file = fs::File::create(&path).unwrap();
        while file.write_all(&[0; 512]).is_ok() {}
        path
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // Whoever still runs there keeps it until it ends.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn kept(data: &Path) -> usize {
    fs::read_dir(data.join("services")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_named_and_forgiven() {
    let folder = tempfile::tempdir().unwrap();
    let small = match Small::mount(folder.path().join("data")) {
        Ok(small) => small,
        Err(why) => return eprintln!("SKIPPED a_full_disk_is_named_and_forgiven: {why}"),
    };
    let cluster = Cluster::start(Shape { servers: 1, ..Shape::default() }).await;
    let mut agent = cluster.client_agent(1, 1, &json!({ "data_dir": &small.0 })).await;
    register(&agent.http, "before").await.unwrap();
    let ballast = small.fill();
    let refused = register(&agent.http, "during").await.unwrap_err();
    let directory = small.0.display().to_string();
    assert!(refused.contains(&directory) && refused.contains("No space left on device"), "{refused}");
    assert_eq!(kept(&small.0), 1, "half of it was left");
    let passing = agent.http.put("/v1/agent/check/pass/service:before", "").await.unwrap();
    assert_eq!(passing.status, 200, "its checks go on: {}", passing.text());

    fs::remove_file(ballast).unwrap();
    until("it is kept as soon as there is room", PATIENCE, || async { kept(&small.0) == 2 }).await;
    agent.restart();
    has_started(&agent).await;
    let services: Value = agent.http.json("/v1/agent/services").await.unwrap();
    assert_eq!(services.as_object().unwrap().keys().collect::<Vec<_>>(), ["before", "during"]);
    let limit = Duration::from_secs(5);
    agent.http.kv_put("agent", "works", limit).await.unwrap();
    drop(agent);
}
