//! A LAN that is cut in two: the larger part goes on, the smaller refuses what it cannot know, and both are one again by themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use bytes::Bytes;
use cluster::{Bounds, Client, Cluster, Consistency, Node, PATIENCE, Reads, Shape, Workload, until, until_some};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const LIMIT: Duration = Duration::from_secs(5);

/// Until all know each other again: gossip tries those that failed every 30 seconds.
const HEALED: Duration = Duration::from_secs(90);

/// The status of a node as this process hears of it, though it be from a server without a leader.
async fn health(http: &Client, node: &str) -> Option<String> {
    let checks = http.json(&format!("/v1/health/node/{node}?stale")).await?;
    checks.as_array()?.iter().find(|check| check["CheckID"] == "serfHealth")?["Status"].as_str().map(str::to_owned)
}

async fn is(http: &Client, node: &str, status: &str) {
    until(&format!("{node} is {status}, says {}", http.address()), HEALED, || async {
        health(http, node).await.as_deref() == Some(status)
    })
    .await;
}

/// Names of those that gossip holds for alive.
async fn alive(http: &Client) -> Vec<String> {
    let members = http.json("/v1/agent/members").await.unwrap_or_default();
    let alive = members.as_array().into_iter().flatten().filter(|member| member["Status"] == 1);
    let mut names: Vec<String> = alive.filter_map(|member| member["Name"].as_str().map(str::to_owned)).collect();
    names.sort();
    names
}

/// The server in place `wanted` leads.
async fn lead(cluster: &mut Cluster, wanted: usize) {
    let dc = cluster.dc1();
    let name = dc.servers[wanted].name.clone();
    let raft = dc.raft().await;
    let (_, id, _) = raft.iter().find(|(known, ..)| *known == name).unwrap();
    let path = format!("/v1/operator/raft/transfer-leader?id={id}");
    until(&format!("{name} leads"), PATIENCE, || async {
        let leader = dc.leader().await;
        if leader != wanted {
            // Refused while the server lags behind; then it is asked again.
            drop(dc.servers[leader].http.request(Method::POST, &path, Bytes::new(), LIMIT).await);
        }
        leader == wanted
    })
    .await;
}

/// Follows `key` by blocking reads until it is `last`: what was seen of it, in order.
async fn follow(http: Arc<Client>, key: &str, mode: &str, last: u64) -> Vec<u64> {
    let (mut index, mut seen) = (0, Vec::new());
    while seen.last() != Some(&last) {
        let path = format!("/v1/kv/{key}?wait=60s&index={index}{mode}");
        // A refusal is no answer: it is asked again.
        let answer = until_some(&format!("an answer to {path}"), PATIENCE * 4, || async {
            let answer = http.request(Method::GET, &path, Bytes::new(), Duration::from_secs(70)).await.ok()?;
            (answer.status == 200).then_some(answer)
        })
        .await;
        let (now, row) = (answer.index.unwrap(), answer.json());
        assert!(now >= index, "{}: index {now} after {index}", http.address());
        if now > index {
            assert!(row[0]["ModifyIndex"].as_u64().is_some_and(|modified| modified <= now), "{row}");
            seen.push(row[0]["Flags"].as_u64().unwrap());
        }
        index = now;
    }
    seen
}

/// One server's own state never goes back, whoever leads.
async fn never_back(http: Arc<Client>, key: &'static str, over: Arc<AtomicBool>) -> u64 {
    let (mut last, mut reads) = (0, 0);
    while !over.load(Ordering::Relaxed) {
        if let Some(row) = http.json(&format!("/v1/kv/{key}?stale")).await {
            let now = row[0]["Flags"].as_u64().unwrap();
            assert!(now >= last, "{}: {now} after {last}", http.address());
            (last, reads) = (now, reads + 1);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    reads
}

async fn set(http: &Client, key: &str, number: u64) {
    until(&format!("{key} is {number}"), PATIENCE, || async {
        let written = http.put(&format!("/v1/kv/{key}?flags={number}"), "x").await;
        written.is_ok_and(|answer| answer.status == 200)
    })
    .await;
}

/// Stale reads are answered, writes are refused, and the refusal says why.
async fn is_alone(node: &Node) {
    let refusal = until_some(&format!("{} refuses writes", node.name), PATIENCE, || async {
        let answer = node.http.put("/v1/kv/refused", "x").await.ok()?;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert!(
        refusal.status == 500 && refusal.text().starts_with("No cluster leader"),
        "{}: {} {}",
        node.name,
        refusal.status,
        refusal.text()
    );
    let read = node.http.kv_get("followed", Consistency::Default, LIMIT).await;
    assert!(read.as_ref().is_err_and(|error| error.to_string().contains("No cluster leader")), "{}: {read:?}", node.name);
    assert!(node.http.kv_get("followed", Consistency::Stale, LIMIT).await.is_ok_and(|entry| entry.is_some()), "{}", node.name);
    let leader = node.http.json("/v1/status/leader").await;
    assert!(leader.is_none() || leader == Some(json!("")), "{}: {leader:?}", node.name);
    until(&format!("{} says how old its answers may be", node.name), PATIENCE, || async {
        let Ok(answer) = node.http.get("/v1/kv/followed?stale").await else { return false };
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let contact = header("x-consul-lastcontact").and_then(|contact| contact.parse::<u64>().ok());
        header("x-consul-knownleader").as_deref() == Some("false") && contact.is_some_and(|contact| contact > 2000)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_lan_heals_by_itself() {
    // A call waits half a second for a leader, not seven: what is refused is refused within the clients' time.
    let settings = json!({ "performance": { "raft_multiplier": 1, "rpc_hold_timeout": "500ms" } });
    let mut cluster = match Cluster::start_split(Shape { settings, ..Shape::default() }).await {
        Ok(cluster) => cluster,
        Err(why) => return eprintln!("SKIPPED a_cut_lan_heals_by_itself: {why}"),
    };
    let near = cluster.client_agent(1, 1, &json!({})).await;
    let mut far = cluster.client_agent(1, 2, &json!({ "services": [{ "name": "web" }] })).await;
    let servers = cluster.dc1().clients();
    let (majority, minority) = ([&servers[0], &servers[1], &near.http], [&servers[2], &far.http]);
    let all: Vec<Arc<Client>> = majority.into_iter().chain(minority).map(Arc::clone).collect();
    for http in &all {
        until(&format!("{} knows all", http.address()), PATIENCE, || async { alive(http).await.len() == 5 }).await;
    }
    set(&servers[0], "followed", 1).await;
    set(&servers[0], "clock", 1).await;

    let work = Workload { clients: 6, reads: Reads(Consistency::Default), pause: Duration::from_millis(20), ..Workload::default() };
    let running = work.start("cut", all.clone());
    let over = Arc::new(AtomicBool::new(false));
    let (mut followers, mut clocks) = (JoinSet::new(), JoinSet::new());
    for (http, mode) in [(&servers[0], "&stale"), (&servers[2], "&stale"), (&far.http, "&stale"), (&far.http, ""), (&near.http, "")] {
        let http = Arc::clone(http);
        followers.spawn(async move { tokio::time::timeout(PATIENCE * 5, follow(http, "followed", mode, 9)).await });
    }
    for http in &servers {
        clocks.spawn(never_back(Arc::clone(http), "clock", Arc::clone(&over)));
    }

    // The cut takes the leader away, so that it has to notice that it is none any more.
    lead(&mut cluster, 2).await;
    cluster.cut();
    for http in majority {
        for node in ["dc1-s3", "dc1-c2"] {
            is(http, node, "critical").await;
        }
    }
    let web = servers[0].json("/v1/health/service/web?passing&stale").await;
    assert_eq!(web, Some(json!([])), "an instance on a node that is out of reach");
    let lonely = &cluster.datacenters[0].servers[2];
    is_alone(lonely).await;
    is_alone(&far).await;
    for http in minority {
        until(&format!("{} knows who is left", http.address()), HEALED, || async { alive(http).await == ["dc1-c2", "dc1-s3"] }).await;
    }
    let acknowledged = running.acknowledged();
    for number in 2..9 {
        set(&servers[0], "followed", number).await;
        set(&near.http, "clock", number).await;
    }
    until("the larger part takes writes of many", PATIENCE, || async { running.acknowledged() > acknowledged + 50 }).await;

    // Nobody does anything but mend the link.
    cluster.heal();
    for http in &all {
        until(&format!("{} knows all again", http.address()), HEALED, || async { alive(http).await.len() == 5 }).await;
        for node in ["dc1-s1", "dc1-s2", "dc1-s3", "dc1-c1", "dc1-c2"] {
            is(http, node, "passing").await;
        }
        until(&format!("{} takes a write", http.address()), PATIENCE, || async { http.kv_put("healed", "x", LIMIT).await.is_ok() }).await;
        until("the instance is back", PATIENCE, || async {
            let web = http.json("/v1/health/service/web?passing").await;
            web.as_ref().and_then(Value::as_array).is_some_and(|web| web.len() == 1)
        })
        .await;
    }
    set(&far.http, "followed", 9).await;
    while let Some(seen) = followers.join_next().await {
        let seen = seen.unwrap().expect("a watch did not catch up");
        assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
    }
    over.store(true, Ordering::Relaxed);
    while let Some(reads) = clocks.join_next().await {
        assert!(reads.unwrap() > 100);
    }
    running.stop().await.check(Bounds::default()).unwrap_or_else(|error| panic!("{error}"));

    // The end of a node shows as such.
    far.kill();
    for http in majority {
        is(http, "dc1-c2", "critical").await;
    }
}
