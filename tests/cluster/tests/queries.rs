//! Three datacenters with a service in each: a query finds it where there is one, whatever else is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use bytes::Bytes;
use cluster::{Client, Cluster, PATIENCE, Shape, until};
use hyper::Method;
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Where a query found how many instances, and how many other datacenters were asked.
#[derive(Debug, PartialEq)]
struct Found(String, u64, usize);

fn in_dc(dc: &str, failovers: u64) -> Found {
    Found(dc.to_owned(), failovers, 1)
}

async fn execute(http: &Client) -> Option<Found> {
    let answer = http.json("/v1/query/web-anywhere/execute").await?;
    Some(Found(answer["Datacenter"].as_str()?.to_owned(), answer["Failovers"].as_u64()?, answer["Nodes"].as_array()?.len()))
}

async fn finds(http: &Client, expected: Found) {
    until(&format!("the query finds {expected:?}"), PATIENCE, || async { execute(http).await.as_ref() == Some(&expected) }).await;
}

async fn put(http: &Client, path: &str, body: &Value) {
    let body = body.to_string();
    until(&format!("{path} of {}", http.address()), PATIENCE, || async {
        http.put(path, body.clone()).await.is_ok_and(|answer| answer.status == 200)
    })
    .await;
}

async fn register(http: &Client) {
    put(http, "/v1/catalog/register", &json!({ "Node": "far", "Address": "10.0.0.1", "Service": { "Service": "web", "Port": 80 } })).await;
}

async fn deregister(http: &Client) {
    put(http, "/v1/catalog/deregister", &json!({ "Node": "far" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_found_in_the_next_datacenter_and_back_home() {
    let mut cluster = Cluster::start(Shape { datacenters: 3, servers: 1, gateways: 1, ..Shape::default() }).await;
    for dc in &cluster.datacenters {
        register(&dc.servers[0].http).await;
    }
    let home = cluster.datacenters[0].servers[0].http.clone();
    let query =
        json!({ "Name": "web-anywhere", "Service": { "Service": "web", "Failover": { "Datacenters": ["nowhere", "dc2", "dc3"] } } });
    let created = home.request(Method::POST, "/v1/query", Bytes::from(query.to_string()), PATIENCE).await.unwrap();
    assert_eq!(created.status, 200, "{}", created.text());
    finds(&home, in_dc("dc1", 0)).await;

    // The service here goes, and comes back.
    for _ in 0..2 {
        deregister(&home).await;
        assert_eq!(execute(&home).await, Some(in_dc("dc2", 1)), "at once, and what is unknown does not count");
        register(&home).await;
        assert_eq!(execute(&home).await, Some(in_dc("dc1", 0)));
    }
    deregister(&home).await;
    deregister(&cluster.datacenters[1].servers[0].http).await;
    assert_eq!(execute(&home).await, Some(in_dc("dc3", 2)));
    register(&cluster.datacenters[1].servers[0].http).await;
    assert_eq!(execute(&home).await, Some(in_dc("dc2", 1)));

    // All of the next datacenter dies: none waits for it long, and nobody at all once it is withdrawn.
    let dc2 = &mut cluster.datacenters[1];
    dc2.servers.iter_mut().chain(&mut dc2.gateways).for_each(|node| node.kill());
    let (lost, longest) = (Instant::now(), Cell::new(Duration::ZERO));
    until("dc2 is withdrawn", PATIENCE, || async {
        let began = Instant::now();
        let Found(dc, _, count) = execute(&home).await.expect("an answer within the time of a request");
        longest.set(longest.get().max(began.elapsed()));
        assert_eq!((dc.as_str(), count), ("dc3", 1));
        home.json("/v1/federation/explain/dc2").await.is_some_and(|told| told["Details"]["Phase"] == "withdrawn")
    })
    .await;
    eprintln!("dc2 was withdrawn after {:?}; the slowest answer until then took {:?}", lost.elapsed(), longest.get());
    let began = Instant::now();
    assert_eq!(execute(&home).await, Some(in_dc("dc3", 1)));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());

    let dc2 = &mut cluster.datacenters[1];
    dc2.servers.iter_mut().chain(&mut dc2.gateways).for_each(|node| node.start());
    finds(&home, in_dc("dc2", 1)).await;
}
