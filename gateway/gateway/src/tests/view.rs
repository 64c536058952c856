use std::time::Duration;

use api::federation::FederationView;
use bytes::Bytes;
use prost::Message;
use wire::{Connector, TopologyClient};

use super::calls::{get, pair};
use super::server::Server;
use super::world::{Dc, LONG, eventually, key};

/// Reads views until one satisfies `holds`.
async fn until(watch: &mut wire::Watch, holds: impl Fn(&FederationView) -> bool) -> FederationView {
    let found = async {
        loop {
            let view = FederationView::decode(watch.next().await.unwrap()).unwrap();
            if holds(&view) {
                return view;
            }
        }
    };
    tokio::time::timeout(LONG, found).await.expect("a view that satisfies")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_watch_the_federation() {
    let dc1 = Dc::primary().await;
    let gateway = &dc1.gateways[0].handle;
    let client = TopologyClient::connect(Connector::new(gateway.rpc_addr(), dc1.server.trust.towards_gateways()));
    let mut watch = client.watch(Bytes::new(), LONG).await.unwrap();
    let alone = until(&mut watch, |_| true).await;
    assert_eq!((&*alone.gateway, alone.datacenters.len()), ("gw1.dc1", 0));

    let dc2 = Dc::secondary("dc2", gateway.wan_addr()).await;
    let view = until(&mut watch, |view| view.datacenters.iter().any(|dc| !dc.servers.is_empty() && dc.round_trip_us > 0)).await;
    let remote = &view.datacenters[0];
    assert_eq!((&*remote.dc, remote.ruled_out.len()), ("dc2", 0));
    let server = &remote.servers[0];
    assert_eq!((&*server.name, server.alive, &*server.tags["role"]), ("s1", true, "consul"));
    assert_eq!(server.address, dc2.server.lan.advertised().to_string());
    let names: Vec<&str> = view.gateways.iter().map(|gateway| &*gateway.name).collect();
    assert_eq!(names, ["gw1.dc1", "gw1.dc2"]);
    let explanation: serde_json::Value = serde_json::from_str(&remote.explanation).unwrap();
    assert_eq!(explanation["Path"], serde_json::json!(["dc1", "dc2"]));

    // A second server, and a datacenter forgotten and let back.
    let second = Server::start("dc2", "s2", dc2.leader.clone(), Some(key(1))).await;
    second.lan.join(&[dc2.server.lan.advertised().to_string()]).await.unwrap();
    until(&mut watch, |view| view.datacenters[0].servers.len() == 2).await;
    gateway.forget("dc2").unwrap();
    until(&mut watch, |view| view.datacenters.is_empty()).await;
    assert!(dc1.call(get("dc2")).await.err().unwrap().why[0].reason.contains("forgotten by an operator"));
    assert!(gateway.forget("dc1").is_err() && gateway.unforget("dc2"));
    second.lan.set_tags([("role".to_owned(), "node".to_owned())].into()).await.unwrap();
    until(&mut watch, |view| view.datacenters.first().is_some_and(|dc| dc.servers.len() == 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_left_is_left_at_once() {
    let (dc1, dc2) = pair().await;
    assert!(dc2.gateways[0].handle.leave(Duration::from_secs(20)).await);
    let ruled_out = || dc1.gateways[0].handle.view().datacenters.iter().any(|dc| dc.ruled_out.iter().any(|why| why.reason == "left"));
    eventually("dc2's only gateway has left", ruled_out).await;
}
