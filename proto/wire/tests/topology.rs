//! `Topology` over loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod harness;

use bytes::Bytes;
use harness::{SOON, Server};
use std::sync::Arc;
use tokio::{sync::watch, time::timeout};
use wire::{CallError, Connector, Refused, ServerLimits, Services, TopologyClient};

async fn server() -> (Server, TopologyClient, watch::Sender<Bytes>) {
    let (sender, receiver) = watch::channel(Bytes::from_static(b"0"));
    let topology: wire::WatchHandler = Arc::new(move |_, request| {
        let receiver = receiver.clone();
        Box::pin(async move { if request == "dc1" { Ok(receiver) } else { Err(Refused("other datacenter".to_owned())) } })
    });
    let services = Services { topology: Some(topology), ..Services::default() };
    let server = Server::start(services, ServerLimits::default()).await;
    let client = TopologyClient::connect(Connector::new(server.addr, None));
    (server, client, sender)
}

#[tokio::test]
async fn a_watch_gives_the_value_now_and_then_the_newest() {
    let (_server, client, sender) = server().await;
    let mut watch = client.watch(Bytes::from_static(b"dc1"), SOON).await.unwrap();
    assert_eq!(watch.next().await.unwrap(), "0");
    for n in 1..=1000 {
        sender.send_replace(Bytes::from(n.to_string()));
    }
    let mut seen = 0;
    loop {
        let value: u32 = std::str::from_utf8(&watch.next().await.unwrap()).unwrap().parse().unwrap();
        assert!(value > seen || value == 1000, "{value} after {seen}");
        seen = value;
        if seen == 1000 {
            break;
        }
    }
}

#[tokio::test]
async fn a_refused_watch_says_why() {
    let (_server, client, _sender) = server().await;
    let refused = client.watch(Bytes::from_static(b"dc9"), SOON).await.err().unwrap();
    assert!(matches!(&refused, CallError::Refused(why) if why == "other datacenter"), "{refused}");
}

#[tokio::test]
async fn a_watch_ends_with_its_server_and_with_its_value() {
    let (mut server, client, _sender) = server().await;
    let mut watch = client.watch(Bytes::from_static(b"dc1"), SOON).await.unwrap();
    watch.next().await.unwrap();
    server.stop();
    assert!(matches!(timeout(SOON, watch.next()).await.unwrap(), Err(CallError::Lost(_))));
    timeout(SOON, server.stopped()).await.expect("watches do not hold up the drain");

    let (_server, client, sender) = self::server().await;
    let mut watch = client.watch(Bytes::from_static(b"dc1"), SOON).await.unwrap();
    watch.next().await.unwrap();
    drop((sender, _server));
    drop(client);
}
