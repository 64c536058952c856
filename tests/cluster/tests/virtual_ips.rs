//! Services of the mesh have addresses of their own, in each datacenter others, and keep them over a restart of all servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use cluster::{Client, Cluster, PATIENCE, Shape, addresses, until};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};

async fn put(http: &Client, path: &str, body: &Value) {
    let body = body.to_string();
    until(&format!("{path} of {}", http.address()), PATIENCE, || async {
        http.put(path, body.clone()).await.is_ok_and(|answer| answer.status == 200)
    })
    .await;
}

async fn register(http: &Client, service: &str) {
    let service = json!({ "Service": service, "Port": 80, "Connect": { "Native": true } });
    put(http, "/v1/catalog/register", &json!({ "Node": "far", "Address": "10.0.0.1", "Service": service })).await;
}

async fn says(server: SocketAddr, name: &str, expected: &[Ipv4Addr]) {
    let code = if expected.is_empty() { 3 } else { 0 };
    until(&format!("{name} is {expected:?} at {server}"), PATIENCE, || async {
        addresses(server, name).await == Some((code, expected.to_vec()))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_given_by_each_datacenter_and_kept() {
    let mut cluster = Cluster::start(Shape { datacenters: 2, servers: 1, gateways: 1, ..Shape::default() }).await;
    let [here, there] = [0, 1].map(|dc: usize| cluster.datacenters[dc].servers[0].http.clone());
    let dns = SocketAddr::from((cluster.datacenters[0].servers[0].address, 8600));
    register(&here, "web").await;
    register(&there, "other").await;
    register(&there, "web").await;
    let (first, second) = (Ipv4Addr::new(240, 0, 0, 1), Ipv4Addr::new(240, 0, 0, 2));
    says(dns, "web.virtual.consul", &[first]).await;
    says(dns, "web.virtual.dc2.consul", &[second]).await;
    says(dns, "other.virtual.consul", &[]).await;

    cluster.datacenters[0].servers[0].restart();
    says(dns, "web.virtual.consul", &[first]).await;
    register(&here, "db").await;
    says(dns, "db.virtual.consul", &[second]).await;
    put(&here, "/v1/catalog/deregister", &json!({ "Node": "far" })).await;
    says(dns, "web.virtual.consul", &[]).await;
}
