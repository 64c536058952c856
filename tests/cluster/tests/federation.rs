//! Two datacenters of three servers and two gateways each: one answers for the other, and each lives without the other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use cluster::{Client, Cluster, Datacenter, PATIENCE, Shape, until, until_some};
use std::time::Duration;

fn shape() -> Shape {
    Shape { datacenters: 2, gateways: 2, ..Shape::default() }
}

/// Writes `key` of `dc` by way of this server, until it is acknowledged.
async fn write(http: &Client, dc: &str, key: &str, value: &'static str) {
    until(&format!("{} writes {key} of {dc}", http.address()), PATIENCE, || async {
        http.put(&format!("/v1/kv/{key}?dc={dc}"), value).await.is_ok_and(|answer| answer.status == 200 && answer.text().trim() == "true")
    })
    .await;
}

async fn read(http: &Client, dc: &str, key: &str) -> Option<String> {
    let answer = http.get(&format!("/v1/kv/{key}?dc={dc}&raw")).await.ok()?;
    (answer.status == 200).then(|| answer.text())
}

async fn holds(http: &Client, dc: &str, key: &str, value: &str) {
    until(&format!("{} reads {key} = {value} of {dc}", http.address()), PATIENCE, || async {
        read(http, dc, key).await.as_deref() == Some(value)
    })
    .await;
}

/// Each server of both writes and reads in both.
async fn each_answers_for_both(dcs: &[Datacenter], round: &'static str) {
    for from in dcs {
        for to in dcs {
            for server in &from.servers {
                let key = format!("{round}/{}", server.name);
                write(&server.http, &to.name, &key, round).await;
                holds(&server.http, &to.name, &key, round).await;
                // And it is there, not here.
                holds(&to.servers[0].http, &to.name, &key, round).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_datacenter_answers_for_the_other() {
    let cluster = Cluster::start(shape()).await;
    let dcs = &cluster.datacenters;
    each_answers_for_both(dcs, "first").await;
    assert_eq!(read(&dcs[0].servers[0].http, "dc1", "first/nobody").await, None);

    let names = until_some("both names", PATIENCE, || async {
        dcs[0].servers[1].http.json("/v1/catalog/datacenters").await.filter(|names| names.as_array().is_some_and(|names| names.len() == 2))
    })
    .await;
    assert_eq!(names, serde_json::json!(["dc1", "dc2"]));

    // The index is that of the datacenter asked.
    write(&dcs[1].servers[0].http, "dc2", "indexed", "x").await;
    let there = dcs[1].servers[0].http.get("/v1/kv/indexed").await.unwrap();
    let here = dcs[0].servers[0].http.get("/v1/kv/indexed?dc=dc2").await.unwrap();
    assert_eq!((here.index, here.body), (there.index, there.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_datacenter_is_said_to_have_no_path() {
    let cluster = Cluster::start(shape()).await;
    for server in cluster.datacenters.iter().flat_map(|dc| &dc.servers) {
        for path in ["/v1/kv/x?dc=nowhere", "/v1/catalog/nodes?dc=nowhere"] {
            let answer = server.http.get(path).await.unwrap();
            assert_eq!(answer.status, 500, "{path}: {}", answer.text());
            assert_eq!(answer.text().lines().next(), Some("No path to datacenter"), "{path}");
        }
        let answer = server.http.put("/v1/kv/x?dc=nowhere", "x").await.unwrap();
        assert_eq!((answer.status, answer.text().lines().next()), (500, Some("No path to datacenter")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_gateway_of_two_is_enough() {
    let mut cluster = Cluster::start(shape()).await;
    for (dc, gateway) in [(0, 0), (1, 1), (0, 1)] {
        cluster.datacenters[dc].gateways[gateway].kill();
        each_answers_for_both(&cluster.datacenters, ["killed", "killed-2", "killed-3"][dc + gateway]).await;
        cluster.datacenters[dc].gateways[gateway].start();
        cluster.federated().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_gateways_each_lives_alone_and_they_find_each_other_again() {
    let mut cluster = Cluster::start(shape()).await;
    cluster.datacenters[1].gateways.iter_mut().for_each(|gateway| gateway.kill());
    alone(&cluster, "no-gateways").await;
    cluster.datacenters[1].gateways.iter_mut().for_each(|gateway| gateway.start());
    cluster.federated().await;
    each_answers_for_both(&cluster.datacenters, "gateways-back").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_wan_leaves_both_alone_and_heals_by_itself() {
    let cluster = match Cluster::start_in_namespaces(shape()).await {
        Ok(cluster) => cluster,
        Err(why) => return eprintln!("SKIPPED a_cut_wan_leaves_both_alone_and_heals_by_itself: {why}"),
    };
    each_answers_for_both(&cluster.datacenters, "before").await;
    for round in 0..2 {
        cluster.cut();
        alone(&cluster, ["cut", "cut-again"][round]).await;
        cluster.heal();
        cluster.federated().await;
        each_answers_for_both(&cluster.datacenters, ["healed", "healed-again"][round]).await;
    }
}

/// Each answers for itself as if nothing had happened, at once; for the other it says, within its time, that there is no path.
async fn alone(cluster: &Cluster, round: &'static str) {
    for (dc, other) in [(0, "dc2"), (1, "dc1")] {
        let dc = &cluster.datacenters[dc];
        for server in &dc.servers {
            until(&format!("{} has no path to {other}", server.name), PATIENCE, || async {
                let answer = server.http.get(&format!("/v1/kv/ready/x?dc={other}")).await;
                answer.is_ok_and(|answer| answer.status == 500 && answer.text().starts_with("No path to datacenter"))
            })
            .await;
            let key = format!("{round}/{}", server.name);
            write(&server.http, &dc.name, &key, round).await;
            // A lost datacenter does not slow down this one.
            let own = tokio::time::timeout(Duration::from_secs(2), read(&server.http, &dc.name, &key));
            assert_eq!(own.await.unwrap().as_deref(), Some(round), "{}", server.name);
        }
    }
}
