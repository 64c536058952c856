//! The gossip keys of a pool are changed while it works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use bytes::Bytes;
use cluster::{Bounds, Cluster, PATIENCE, Response, Running, Shape, Workload, until};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;

const NEW: &str = "HS5lJ+XuTlYKWaeGYyG+/A==";

async fn change(http: &cluster::Client, method: Method, key: &str) -> Response {
    let body = json!({ "Key": key }).to_string();
    http.request(method, "/v1/operator/keyring", Bytes::from(body), PATIENCE).await.unwrap()
}

async fn progress(running: &Running, writes: u64) {
    let goal = running.acknowledged() + writes;
    until(&format!("{writes} more writes"), PATIENCE, || async { running.acknowledged() >= goal }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_servers_and_agents_are_rotated_under_load() {
    let mut cluster = Cluster::start(Shape::default()).await;
    let mut agent = cluster.client_agent(1, 1, &json!({})).await;
    let server = Arc::clone(&cluster.dc1().servers[0].http);
    let live = |members: Value| members.as_array().map(|all| all.iter().filter(|member| member["Status"] == 1).count());
    let size = cluster.dc1().servers.len() + 1;
    until("all are listed", PATIENCE, || async { server.json("/v1/agent/members").await.and_then(live) >= Some(size) }).await;
    let running = Workload::default().start("rotated", vec![Arc::clone(&agent.http)]);
    progress(&running, 50).await;

    let listed = server.json("/v1/operator/keyring").await.unwrap();
    let (old, count) = listed[0]["Keys"].as_object().unwrap().iter().next().map(|(key, count)| (key.clone(), count.clone())).unwrap();
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["WAN"], &listed[0]["NumNodes"]), (Some(1), &json!(false), &count), "{listed}");
    assert!(count.as_u64().unwrap() >= size as u64, "{listed}");
    // Through the client agent too: it passes the request on.
    for (http, method, key) in [
        (&agent.http, Method::POST, NEW),
        (&server, Method::PUT, NEW),
        (&agent.http, Method::DELETE, &old),
        (&server, Method::DELETE, &old),
    ] {
        let done = change(http, method.clone(), key).await;
        assert_eq!((done.status, done.text().as_str()), (200, ""), "{method}");
        progress(&running, 50).await;
    }
    let only = json!({ NEW: count });
    let expected = json!([{ "WAN": false, "Datacenter": "dc1", "Segment": "", "Keys": only, "PrimaryKeys": only, "NumNodes": count }]);
    assert_eq!(agent.http.json("/v1/operator/keyring").await, Some(expected.clone()));
    let refused = change(&server, Method::DELETE, NEW).await;
    let all = format!("{count}/{count} nodes reported failure");
    assert!(
        refused.status == 500 && refused.text().contains(&all) && refused.text().contains("* dc1-c1: Removing the primary key"),
        "{}",
        refused.text()
    );
    let unknown = change(&server, Method::PUT, &old).await;
    assert!(unknown.status == 500 && unknown.text().contains("Requested key is not in the keyring"), "{}", unknown.text());
    running.stop().await.check(Bounds::default()).unwrap_or_else(|error| panic!("{error}"));

    // Who was told keeps it: the configuration still has the old key.
    agent.kill();
    agent.start();
    until("it is back under the new key", PATIENCE, || async { server.json("/v1/operator/keyring").await == Some(expected.clone()) }).await;
}
