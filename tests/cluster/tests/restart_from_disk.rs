//! What is on disk is what counts: it comes back after `kill -9`, and what is not ours, or not whole, is refused by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use cluster::{Cluster, Consistency, Node, PATIENCE, Shape, until_some};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(2);

fn log_of(server: &Node) -> PathBuf {
    server.data.join("raft").join("raft.db")
}

/// Starts a server on a disk that it must refuse: it ends by itself, and says why.
async fn refuses(server: &mut Node, why: &[&str]) {
    server.start();
    let ended = server.ended(PATIENCE).await;
    assert!(!ended.status.success(), "{}: {}\n{}", server.name, ended.status, ended.log);
    for word in why {
        assert!(ended.log.contains(word), "{}: says nothing of {word:?}:\n{}", server.name, ended.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_data_is_there_after_kill_9_of_all() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    let clients = dc.clients();
    for number in 0..100 {
        let put = || async { clients[number % 3].kv_put(&format!("data/{number}"), &number.to_string(), LIMIT).await.ok() };
        until_some("a write", PATIENCE, put).await;
    }
    let all = || async { clients[0].json("/v1/kv/data/?recurse&consistent").await };
    let before = until_some("all keys", PATIENCE, all).await;
    let raft = dc.raft().await;
    assert_eq!(before.as_array().unwrap().len(), 100);

    dc.servers.iter_mut().for_each(|server| server.kill());
    dc.servers.iter_mut().for_each(|server| server.start());
    dc.ready().await;
    // Values, flags and indexes.
    assert_eq!(until_some("all keys again", PATIENCE, all).await, before);
    assert_eq!(dc.raft().await, raft, "same disks, same raft ids");
    cluster.holds_everywhere(1, "data/99", "99").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_alone_comes_back_with_its_data() {
    let mut cluster = Cluster::start(Shape { servers: 1, ..Shape::default() }).await;
    for round in 0..3 {
        let server = &mut cluster.dc1().servers[0];
        server.http.kv_put("round", &round.to_string(), LIMIT).await.unwrap();
        server.restart();
        let http = server.http.clone();
        let read = || async { http.kv_get("round", Consistency::Consistent, LIMIT).await.ok().flatten() };
        assert_eq!(until_some("the key", PATIENCE, read).await.value, round.to_string().as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_is_refused_by_name() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let dc = cluster.dc1();
    for number in 0..200 {
        let value = "x".repeat(1000);
        until_some("a write", PATIENCE, || async { dc.servers[0].http.kv_put(&format!("d/{number}"), &value, LIMIT).await.ok() }).await;
    }
    let server = &mut dc.servers[2];
    server.kill();
    let whole = std::fs::read(log_of(server)).unwrap();

    // The file ends early.
    std::fs::write(log_of(server), &whole[..whole.len() / 2]).unwrap();
    refuses(server, &["raft.db"]).await;
    // Its head is something else.
    let mut flipped = whole.clone();
    flipped[..64].iter_mut().for_each(|byte| *byte ^= 0xff);
    std::fs::write(log_of(server), &flipped).unwrap();
    refuses(server, &["raft.db"]).await;
    // One bit in every page behind the head.
    let mut flipped = whole.clone();
    flipped[4096..].iter_mut().skip(100).step_by(512).for_each(|byte| *byte ^= 0x10);
    std::fs::write(log_of(server), &flipped).unwrap();
    refuses(server, &["raft.db"]).await;

    // As it was, it serves again.
    std::fs::write(log_of(server), &whole).unwrap();
    server.start();
    dc.ready().await;
    cluster.holds_everywhere(1, "d/199", &"x".repeat(1000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_another_server_is_refused() {
    // Ids that survive the swap: only the log is foreign then.
    let mut cluster = Cluster::start(Shape::default()).await;
    let servers = &mut cluster.dc1().servers;
    servers[1].kill();
    servers[2].kill();
    let own = std::fs::read(log_of(&servers[2])).unwrap();
    std::fs::copy(log_of(&servers[1]), log_of(&servers[2])).unwrap();
    let server = &mut servers[2];
    server.start();
    let ended = server.ended(PATIENCE).await;
    assert!(!ended.status.success(), "{}", ended.log);
    assert!(ended.log.contains("raft.db") && ended.log.contains("belongs to node"), "{}", ended.log);

    std::fs::write(log_of(server), own).unwrap();
    servers[1].start();
    servers[2].start();
    cluster.dc1().ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_in_use_is_refused() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let taken = cluster.dc1().servers[0].data.clone();
    let second = cluster.add_server(1, &json!({ "data_dir": taken }));
    let ended = cluster.dc1().servers[second].ended(PATIENCE).await;
    assert!(!ended.status.success(), "{}", ended.log);
    assert!(ended.log.contains("used by another process"), "{}", ended.log);
    cluster.dc1().servers.pop();
    cluster.dc1().ready().await;
}
