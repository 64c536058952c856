//! `Raft` over loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod harness;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use harness::{SOON, Server, until};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use wire::{
    CallError, Chunks, Connector, NotSent, RaftClient, RaftHandler, RaftHandlers, Refused, ServerLimits, Services, SnapshotHandler,
};

/// Answers with its name before the request; `refuse` refuses, `hang` hangs.
fn named(name: &'static str) -> RaftHandler {
    Arc::new(move |_, request| {
        Box::pin(async move {
            if request == "refuse" {
                return Err(Refused("not now".to_owned()));
            }
            if request == "hang" {
                std::future::pending::<()>().await;
            }
            Ok(Bytes::from([name.as_bytes(), &request].concat()))
        })
    })
}

async fn size_of(mut chunks: Chunks) -> Result<Bytes, Refused> {
    let (mut bytes, mut largest) = (0, 0);
    while let Some(chunk) = chunks.next().await.map_err(|broken| Refused(broken.to_string()))? {
        bytes += chunk.len();
        largest = largest.max(chunk.len());
    }
    Ok(Bytes::from(format!("{bytes} bytes, {largest} at most")))
}

async fn server_with(snapshot: SnapshotHandler) -> (Server, RaftClient) {
    let raft = RaftHandlers { append: named("append "), vote: named("vote "), transfer: named("transfer "), snapshot };
    let services = Services { raft: Some(raft), ..Services::default() };
    let server = Server::start(services, ServerLimits::default()).await;
    let client = RaftClient::connect(Connector::new(server.addr, None));
    (server, client)
}

async fn server() -> (Server, RaftClient) {
    server_with(Arc::new(|_, chunks| Box::pin(size_of(chunks)))).await
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[tokio::test]
async fn each_method_reaches_its_handler() {
    let (_server, client) = server().await;
    assert_eq!(client.append(bytes("1"), SOON).await.unwrap(), "append 1");
    assert_eq!(client.vote(bytes("2"), SOON).await.unwrap(), "vote 2");
    assert_eq!(client.transfer(bytes("3"), SOON).await.unwrap(), "transfer 3");
}

#[tokio::test]
async fn refusals_timeouts_and_losses_are_told_apart() {
    let (server, client) = server().await;
    let error = client.append(bytes("refuse"), SOON).await.unwrap_err();
    assert!(matches!(&error, CallError::Refused(why) if why == "not now"), "{error}");
    let error = client.append(bytes("hang"), Duration::from_millis(50)).await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut), "{error}");

    let hanging = tokio::spawn({
        let client = client.clone();
        async move { client.append(bytes("hang"), SOON).await }
    });
    client.append(bytes("answered"), SOON).await.unwrap();
    server.kill().await;
    let error = hanging.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Lost(_)), "{error}");
    let error = client.append(bytes("late"), SOON).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::Unreachable(_))), "{error}");
}

#[tokio::test]
async fn entries_of_megabytes_are_carried_and_more_is_refused() {
    let (_server, client) = server().await;
    let entries = Bytes::from(vec![7; wire::MAX_BODY_BYTES - 64]);
    assert_eq!(client.append(entries.clone(), SOON).await.unwrap().len(), entries.len() + 7);
    let error = client.append(Bytes::from(vec![7; wire::MAX_BODY_BYTES + 1]), SOON).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::TooBig { .. })), "{error}");
}

#[tokio::test]
async fn a_snapshot_is_streamed_and_cut() {
    let (_server, client) = server().await;
    let pieces = [100, 0, 3_000_000, 1].map(|len| Ok(Bytes::from(vec![1; len])));
    let reply = client.snapshot(stream::iter(pieces), SOON).await.unwrap();
    assert_eq!(reply, "3000101 bytes, 262144 at most");
    assert_eq!(client.snapshot(stream::empty(), SOON).await.unwrap(), "0 bytes, 0 at most");
}

#[tokio::test]
async fn a_snapshot_that_breaks_off_is_never_complete() {
    let (_server, client) = server().await;
    let pieces = [Ok(Bytes::from_static(b"first")), Err(io::Error::other("disk"))];
    let error = client.snapshot(stream::iter(pieces), SOON).await.unwrap_err();
    assert!(matches!(&error, CallError::Refused(why) if why.contains("broke off")), "{error}");

    let (started, broken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let seen = (Arc::clone(&started), Arc::clone(&broken));
    let (_server, client) = server_with(Arc::new(move |_, mut chunks| {
        let (started, broken) = seen.clone();
        Box::pin(async move {
            // The future is dropped with its stream; what it spawned hears of the end through the chunks.
            tokio::spawn(async move {
                while let Ok(Some(_)) = chunks.next().await {
                    started.store(true, Ordering::SeqCst);
                }
                broken.store(chunks.next().await.is_err(), Ordering::SeqCst);
            });
            std::future::pending().await
        })
    }))
    .await;
    let endless = stream::iter([Ok(Bytes::from_static(b"first"))]).chain(stream::pending());
    let sender = tokio::spawn(async move { client.snapshot(endless, SOON).await });
    until("first chunk", || started.load(Ordering::SeqCst)).await;
    sender.abort();
    until("the receiver hearing of the end", || broken.load(Ordering::SeqCst)).await;
}

#[tokio::test]
async fn a_slow_receiver_slows_the_sender_and_not_the_heartbeats() {
    let (_server, client) = server_with(Arc::new(|_, _chunks| Box::pin(std::future::pending()))).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let source = stream::repeat_with(move || {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Bytes::from(vec![0; 256 * 1024]))
    });
    let sender = tokio::spawn({
        let client = client.clone();
        async move { client.snapshot(source, SOON).await }
    });
    until("the window filling", || sent.load(Ordering::SeqCst) >= 8).await;
    for _ in 0..100 {
        client.append(bytes("heartbeat"), SOON).await.unwrap();
    }
    assert!(sent.load(Ordering::SeqCst) < 64, "{} chunks were taken that nobody reads", sent.load(Ordering::SeqCst));
    sender.abort();
}
