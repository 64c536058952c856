//! What a server bears from those who connect.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod harness;

use bytes::Bytes;
use harness::{SOON, Server, echo, handler};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use wire::ServerLimits;

async fn is_closed(stream: &mut TcpStream) {
    let mut sink = Vec::new();
    // An error is a reset, which closes as well.
    let _ = timeout(SOON, stream.read_to_end(&mut sink)).await.expect("connection closed");
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed() {
    let limits = ServerLimits { handshake: Duration::from_millis(100), ..ServerLimits::default() };
    let who = handler(|peer, _, body| async move { (Bytes::from(peer.addr.to_string()), body) });
    let server = Server::calls_within(who, limits).await;
    let mut mute = TcpStream::connect(server.addr).await.unwrap();
    is_closed(&mut mute).await;

    let mut greeting = TcpStream::connect(server.addr).await.unwrap();
    greeting.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    is_closed(&mut greeting).await;

    // One that asks stays: it is the same connection long after the handshake time.
    let client = server.client();
    let (first, _) = client.call(Bytes::new(), Bytes::new(), SOON).await.unwrap();
    let start = Instant::now();
    while start.elapsed() < 3 * limits.handshake {
        let (now, _) = client.call(Bytes::new(), Bytes::new(), SOON).await.unwrap();
        assert_eq!(now, first);
    }
}

#[tokio::test]
async fn connections_from_one_address_are_bounded() {
    let limits = ServerLimits { connections_per_address: 2, ..ServerLimits::default() };
    let server = Server::calls_within(echo(), limits).await;
    let first = TcpStream::connect(server.addr).await.unwrap();
    let _second = TcpStream::connect(server.addr).await.unwrap();
    let mut third = TcpStream::connect(server.addr).await.unwrap();
    is_closed(&mut third).await;
    drop(first);
    let client = server.client();
    let deadline = Instant::now() + SOON;
    while let Err(error) = client.call(Bytes::new(), Bytes::new(), SOON).await {
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn garbage_ends_its_own_connection_only() {
    let server = Server::calls(echo()).await;
    let client = server.client();
    client.call(Bytes::new(), Bytes::new(), SOON).await.unwrap();
    let mut runner = TestRunner::deterministic();
    let garbage = proptest::collection::vec(proptest::num::u8::ANY, 0..2000);
    for round in 0..50 {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        if round % 2 == 0 {
            stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        }
        let bytes = garbage.new_tree(&mut runner).unwrap().current();
        // The server may have hung up in the middle.
        let _ = stream.write_all(&bytes).await;
    }
    client.call(Bytes::new(), Bytes::new(), SOON).await.unwrap();
}
