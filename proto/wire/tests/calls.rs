//! `Calls` over loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod harness;

use bytes::Bytes;
use harness::{SOON, Server, echo, handler, until};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet, time::timeout};
use wire::{CallError, CallsClient, ClientLimits, Connector, NotSent, ServerLimits, Services};

const EMPTY: Bytes = Bytes::new();

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_share_one_connection() {
    let peers = Arc::new(parking_lot::Mutex::new(std::collections::BTreeSet::new()));
    let seen = Arc::clone(&peers);
    let server = Server::calls(handler(move |peer, head, body| {
        seen.lock().insert(peer.addr);
        async move { (head, body) }
    }))
    .await;
    let client = server.client();
    let mut callers = JoinSet::new();
    for caller in 0..100_u32 {
        let client = client.clone();
        callers.spawn(async move {
            for n in 0..100_u32 {
                let head = Bytes::from(format!("{caller}/{n}"));
                let body = Bytes::from(vec![n as u8; (caller * n) as usize % 3000]);
                let answer = client.call(head.clone(), body.clone(), SOON).await.unwrap();
                assert_eq!(answer, (head, body));
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    assert_eq!(peers.lock().len(), 1);
}

#[tokio::test]
async fn a_slow_call_holds_up_no_other() {
    let gate = Arc::new(Semaphore::new(0));
    let open = Arc::clone(&gate);
    let server = Server::calls(handler(move |_, head, body| {
        let gate = Arc::clone(&open);
        async move {
            if head == "slow" {
                gate.acquire().await.unwrap().forget();
            }
            (head, body)
        }
    }))
    .await;
    let client = server.client();
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.call(Bytes::from_static(b"slow"), EMPTY, SOON).await }
    });
    for _ in 0..100 {
        client.call(Bytes::from_static(b"fast"), EMPTY, SOON).await.unwrap();
    }
    assert!(!slow.is_finished());
    gate.add_permits(1);
    assert_eq!(slow.await.unwrap().unwrap().0, "slow");
}

/// Counts calls that entered the handler and futures that were dropped before they answered.
#[derive(Clone, Default)]
struct Watched {
    entered: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

impl Watched {
    fn handler(&self) -> wire::CallHandler {
        struct Dropped(Arc<AtomicUsize>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let this = self.clone();
        handler(move |_, head, body| {
            this.entered.fetch_add(1, Ordering::SeqCst);
            let dropped = Dropped(Arc::clone(&this.dropped));
            async move {
                if head == "hang" {
                    std::future::pending::<()>().await;
                }
                std::mem::forget(dropped);
                (head, body)
            }
        })
    }

    async fn entered(&self, n: usize) {
        until("entering the handler", || self.entered.load(Ordering::SeqCst) == n).await;
    }

    async fn dropped(&self, n: usize) {
        until("dropping the handler's future", || self.dropped.load(Ordering::SeqCst) == n).await;
    }
}

fn hang(client: &CallsClient) -> tokio::task::JoinHandle<Result<(Bytes, Bytes), CallError>> {
    let client = client.clone();
    tokio::spawn(async move { client.call(Bytes::from_static(b"hang"), EMPTY, 2 * SOON).await })
}

#[tokio::test]
async fn dropping_a_call_or_its_time_passing_cancels_it_at_the_server() {
    let watched = Watched::default();
    let server = Server::calls(watched.handler()).await;
    let client = server.client();

    let call = hang(&client);
    watched.entered(1).await;
    call.abort();
    watched.dropped(1).await;

    let error = client.call(Bytes::from_static(b"hang"), EMPTY, Duration::from_millis(100)).await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut), "{error}");
    watched.dropped(2).await;

    // The connection is as good as before.
    client.call(EMPTY, EMPTY, SOON).await.unwrap();
}

#[tokio::test]
async fn dropping_the_client_cancels_its_calls() {
    let watched = Watched::default();
    let server = Server::calls(watched.handler()).await;
    let client = server.client();
    let call = hang(&client);
    watched.entered(1).await;
    drop(client);
    call.abort();
    watched.dropped(1).await;
    drop(server);
}

#[tokio::test]
async fn a_dead_server_means_lost_for_what_was_sent_and_not_sent_for_what_follows() {
    let watched = Watched::default();
    let server = Server::calls(watched.handler()).await;
    let client = server.client();
    let call = hang(&client);
    watched.entered(1).await;

    server.kill().await;
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Lost(_)), "{error}");
    assert!(error.may_have_been_processed());

    let error = client.call(EMPTY, EMPTY, SOON).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::Unreachable(_))), "{error}");
    assert!(!error.may_have_been_processed());
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_again() {
    let first = Server::calls(echo()).await;
    let addr = first.addr;
    let client = first.client();
    client.call(EMPTY, EMPTY, SOON).await.unwrap();
    first.kill().await;
    client.call(EMPTY, EMPTY, SOON).await.unwrap_err();

    let listener = TcpListener::bind(addr).await.unwrap();
    let services = Services { calls: Some(echo()), ..Services::default() };
    tokio::spawn(wire::serve(listener, None, services, ServerLimits::default(), std::future::pending()));
    let deadline = Instant::now() + SOON;
    while let Err(error) = client.call(EMPTY, EMPTY, SOON).await {
        assert!(!error.may_have_been_processed(), "{error}");
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_peer_that_stops_answering_is_noticed() {
    // Accepts, answers the HTTP/2 handshake's bytes with nothing, and keeps the socket open.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let silent = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    let client = CallsClient::connect(Connector::new(addr, None));
    let start = Instant::now();
    let error = client.call(EMPTY, EMPTY, SOON).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::Unreachable(_))), "{error}");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    silent.abort();
}

#[tokio::test]
async fn over_the_servers_limit_a_call_is_refused_and_not_processed() {
    let watched = Watched::default();
    let limits = ServerLimits { calls_per_session: 2, ..ServerLimits::default() };
    let server = Server::calls_within(watched.handler(), limits).await;
    let client = server.client();
    let first = hang(&client);
    let _second = hang(&client);
    watched.entered(2).await;

    let error = client.call(EMPTY, EMPTY, SOON).await.unwrap_err();
    assert!(matches!(&error, CallError::Refused(why) if why.contains('2')), "{error}");
    assert!(!error.may_have_been_processed());
    assert_eq!(watched.entered.load(Ordering::SeqCst), 2);

    first.abort();
    watched.dropped(1).await;
    client.call(EMPTY, EMPTY, SOON).await.unwrap();
}

#[tokio::test]
async fn over_the_processs_limit_a_call_is_refused() {
    let watched = Watched::default();
    let limits = ServerLimits { calls: 1, ..ServerLimits::default() };
    let server = Server::calls_within(watched.handler(), limits).await;
    let _one = hang(&server.client());
    watched.entered(1).await;
    let error = server.client().call(EMPTY, EMPTY, SOON).await.unwrap_err();
    assert!(matches!(error, CallError::Refused(_)), "{error}");
}

#[tokio::test]
async fn over_the_clients_limit_a_call_is_not_sent() {
    let watched = Watched::default();
    let server = Server::calls(watched.handler()).await;
    let limits = ClientLimits { in_flight: 2, ..ClientLimits::default() };
    let client = CallsClient::connect(Connector { limits, ..Connector::new(server.addr, None) });
    let _calls = [hang(&client), hang(&client)];
    watched.entered(2).await;
    let error = client.call(EMPTY, EMPTY, SOON).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::Busy(2))), "{error}");
}

#[tokio::test]
async fn what_is_too_big_is_said_so() {
    let server = Server::calls(handler(|_, head, body| async move {
        if head == "grow" { (head, Bytes::from(vec![0; wire::MAX_BODY_BYTES + 1])) } else { (head, body) }
    }))
    .await;
    let client = server.client();
    let head = Bytes::from(vec![0; wire::MAX_HEAD_BYTES + 1]);
    let error = client.call(head, EMPTY, SOON).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::TooBig { what: "head", .. })), "{error}");
    let body = Bytes::from(vec![0; wire::MAX_BODY_BYTES + 1]);
    let error = client.call(EMPTY, body, SOON).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::TooBig { what: "body", .. })), "{error}");
    let error = client.call(Bytes::from_static(b"grow"), EMPTY, SOON).await.unwrap_err();
    assert!(matches!(&error, CallError::Lost(why) if why.contains("longer")), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn big_bodies_go_both_ways_and_small_calls_overtake_them() {
    let server = Server::calls(echo()).await;
    let client = server.client();
    let big = Bytes::from((0..wire::MAX_BODY_BYTES).map(|n| (n / 1000) as u8).collect::<Vec<_>>());
    let mut bigs = JoinSet::new();
    for _ in 0..3 {
        let (client, big) = (client.clone(), big.clone());
        bigs.spawn(async move {
            let answer = client.call(EMPTY, big.clone(), 2 * SOON).await.unwrap();
            assert!(answer.1 == big, "body differs");
        });
    }
    let mut overtook = 0;
    while !bigs.is_empty() {
        client.call(EMPTY, Bytes::from_static(b"small"), SOON).await.unwrap();
        overtook += 1;
        while let Some(done) = bigs.try_join_next() {
            done.unwrap();
        }
    }
    assert!(overtook > 10, "only {overtook} small calls were answered during 48 MiB each way");
}

#[tokio::test]
async fn a_stopping_server_finishes_its_calls_and_refuses_new_ones() {
    let gate = Arc::new(Semaphore::new(0));
    let (open, entered) = (Arc::clone(&gate), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&entered);
    let mut server = Server::calls(handler(move |_, head, body| {
        let gate = Arc::clone(&open);
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            gate.acquire().await.unwrap().forget();
            (head, body)
        }
    }))
    .await;
    let client = server.client();
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.call(Bytes::from_static(b"last"), EMPTY, SOON).await }
    });
    until("entering", || entered.load(Ordering::SeqCst) == 1).await;

    server.stop();
    let deadline = Instant::now() + SOON;
    loop {
        // While the signal travels a call may still be taken, and then waits at the gate.
        match client.call(EMPTY, EMPTY, Duration::from_millis(50)).await {
            Err(CallError::NotSent(_) | CallError::Refused(_)) => break,
            other => assert!(Instant::now() < deadline, "{other:?}"),
        }
    }
    assert!(!call.is_finished());
    gate.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap().0, "last");
    timeout(SOON, server.stopped()).await.expect("drained");
}

#[tokio::test]
async fn a_stopping_server_cuts_off_what_outlives_its_deadline() {
    let watched = Watched::default();
    let limits = ServerLimits { drain: Duration::from_millis(50), ..ServerLimits::default() };
    let mut server = Server::calls_within(watched.handler(), limits).await;
    let client = server.client();
    let call = hang(&client);
    watched.entered(1).await;
    server.stop();
    timeout(SOON, server.stopped()).await.expect("cut off");
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Lost(_)), "{error}");
    watched.dropped(1).await;
}

#[tokio::test]
async fn a_service_that_is_not_offered_makes_the_server_unreachable() {
    let server = Server::start(Services::default(), ServerLimits::default()).await;
    let error = server.client().call(EMPTY, EMPTY, SOON).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::Unreachable(_))), "{error}");
}
