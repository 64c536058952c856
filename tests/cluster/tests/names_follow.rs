//! A name of DNS leads to wherever the service still is: the next datacenter when it is lost here, and back when it is here again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use bytes::Bytes;
use cluster::{Client, Cluster, Node, PATIENCE, Shape, addresses, until};
use hyper::Method;
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

const NAME: &str = "web.query.consul";

/// What the README promises: after a datacenter or its gateway is lost, names lead elsewhere within this time.
const BOUND: Duration = Duration::from_secs(10);

/// Where the service is in a datacenter.
fn at(dc: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, dc.try_into().unwrap())
}

async fn register(http: &Client, dc: usize) {
    let body = json!({ "Node": "far", "Address": at(dc), "Service": { "Service": "web", "Port": 80 } }).to_string();
    until("the service is registered", PATIENCE, || async {
        http.put("/v1/catalog/register", body.clone()).await.is_ok_and(|answer| answer.status == 200)
    })
    .await;
}

async fn deregister(http: &Client) {
    let answer = http.put("/v1/catalog/deregister", json!({ "Node": "far" }).to_string()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Asks the agent for the name until it leads to `dc`, and prints and returns how long that took.
async fn leads_to(agent: &Node, dc: usize, after: &str) -> Duration {
    let (server, began) = (SocketAddr::from((agent.address, 8600)), Instant::now());
    let wanted = vec![at(dc)];
    until(&format!("{NAME} leads to dc{dc} after {after}"), PATIENCE, || async {
        addresses(server, NAME).await.is_some_and(|(_, found)| found == wanted)
    })
    .await;
    let took = began.elapsed();
    eprintln!("{after}: {NAME} led to dc{dc} after {took:?}");
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_leads_to_the_next_datacenter_and_back() {
    let mut cluster = Cluster::start(Shape { datacenters: 3, servers: 1, gateways: 1, ..Shape::default() }).await;
    let agent = cluster.client_agent(1, 1, &json!({})).await;
    for (place, dc) in cluster.datacenters.iter().enumerate() {
        register(&dc.servers[0].http, place + 1).await;
    }
    let home = cluster.datacenters[0].servers[0].http.clone();
    let query = json!({ "Name": "web", "Service": { "Service": "web", "Failover": { "Datacenters": ["dc2", "dc3"] } } });
    let created = home.request(Method::POST, "/v1/query", Bytes::from(query.to_string()), PATIENCE).await.unwrap();
    assert_eq!(created.status, 200, "{}", created.text());
    leads_to(&agent, 1, "the query was made").await;
    let unknown = addresses((agent.address, 8600).into(), "nothing.query.consul").await;
    assert_eq!(unknown, Some((3, Vec::new())), "a query that nobody made is no name");

    deregister(&home).await;
    let mut times = vec![leads_to(&agent, 2, "dc1 lost the service").await];

    cluster.datacenters[1].gateways[0].kill();
    times.push(leads_to(&agent, 3, "dc2 lost its gateway").await);
    cluster.datacenters[1].gateways[0].start();
    leads_to(&agent, 2, "dc2's gateway came back").await;

    let dc2 = &mut cluster.datacenters[1];
    dc2.servers.iter_mut().chain(&mut dc2.gateways).for_each(|node| node.kill());
    times.push(leads_to(&agent, 3, "all of dc2 died").await);
    let dc2 = &mut cluster.datacenters[1];
    dc2.servers.iter_mut().chain(&mut dc2.gateways).for_each(|node| node.start());
    leads_to(&agent, 2, "dc2 came back").await;

    register(&home, 1).await;
    times.push(leads_to(&agent, 1, "the service is back at home").await);
    assert!(times.iter().all(|time| *time < BOUND), "{times:?}");
}
