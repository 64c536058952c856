//! How many clients there may be, and what becomes of their requests when they, or the server, go away.

use crate::world::{Client, SOON, World};
use dispatch::Limits;
use edge_http::HttpConfig;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_client_with_too_many_connections_is_told_so() {
    let world = World::tcp(HttpConfig { max_connections_per_client: 2, ..HttpConfig::default() });
    let (mut first, mut second) = (world.client().await, world.client().await);
    assert_eq!((first.get("GET /v1/kv/a").await.status, second.get("GET /v1/kv/a").await.status), (404, 404));
    let mut third = world.client().await;
    assert_eq!(third.response().await.status, 429);
    assert_eq!(third.rest().await, b"");
    assert_eq!(world.counters.refused.load(Ordering::Relaxed), 1);
    let mut other = world.client_from("127.63.7.1").await;
    assert_eq!(other.get("GET /v1/kv/a").await.status, 404, "another client has room");
    drop(first);
    // The server notices the end of the first connection in its own time.
    let deadline = tokio::time::Instant::now() + SOON;
    while world.client().await.get("GET /v1/kv/a").await.status != 404 {
        assert!(tokio::time::Instant::now() < deadline, "no room was made");
    }
}

#[tokio::test]
async fn a_full_server_says_that_it_is_full() {
    let world = World::tcp(HttpConfig { max_connections: 1, ..HttpConfig::default() });
    let mut first = world.client().await;
    assert_eq!(first.get("GET /v1/kv/a").await.status, 404);
    assert_eq!(world.client_from("127.63.7.1").await.response().await.status, 503);
}

#[tokio::test]
async fn a_blocked_read_ends_with_its_client() {
    let world = World::with_limits(Limits { waiting: 1, ..Limits::default() });
    let mut client = world.client().await;
    assert_eq!(client.put("/v1/kv/a", b"1").await.status, 200);
    let blocking = "GET /v1/kv/a?raw&index=2&wait=300s";
    let mut gone = world.client().await;
    gone.send(format!("{blocking} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    // There is one place: once it is taken, another read is refused at once, and before that it waits for nothing.
    let deadline = tokio::time::Instant::now() + SOON;
    while client.get("GET /v1/kv/a?raw&index=2&wait=1ms").await.status != 429 {
        assert!(tokio::time::Instant::now() < deadline, "the read never waited");
    }
    drop(gone);
    while client.get("GET /v1/kv/a?raw&index=2&wait=1ms").await.status != 200 {
        assert!(tokio::time::Instant::now() < deadline, "the place was not given back");
    }
}

#[tokio::test]
async fn what_is_under_way_may_finish_after_the_stop() {
    let world = World::tcp(HttpConfig { drain: SOON, ..HttpConfig::default() });
    let (mut idle, mut writer, mut reader) = (world.client().await, world.client().await, world.client().await);
    idle.get("GET /v1/kv/a").await;
    writer.put("/v1/kv/a", b"1").await;
    assert_eq!(writer.get("GET /v1/kv/a").await.header("x-consul-index"), Some("2"));
    reader.send("GET /v1/kv/a?raw&index=2&wait=300s HTTP/1.1\r\nHost: x\r\n\r\n").await;
    // The head of the write is with the server before the stop; its body comes after.
    writer.send("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(writer.response().await.status, 100);
    world.stop.cancel();
    idle.rest().await;
    assert!(TcpStream::connect(world.addr.unwrap()).await.is_err(), "no more connections are taken");
    writer.send("2").await;
    assert_eq!(writer.response().await.text(), "true");
    assert_eq!(reader.response().await.text(), "2");
    tokio::time::timeout(SOON, world.running).await.expect("the server goes on").unwrap();
}

#[tokio::test]
async fn the_drain_time_has_an_end() {
    let world = World::tcp(HttpConfig { drain: Duration::from_millis(50), ..HttpConfig::default() });
    let mut client = world.client().await;
    client.put("/v1/kv/a", b"1").await;
    client.send("GET /v1/kv/a?index=2&wait=300s HTTP/1.1\r\nHost: x\r\n\r\n").await;
    world.stop.cancel();
    tokio::time::timeout(SOON, world.running).await.expect("the server goes on").unwrap();
    assert_eq!(client.rest().await, b"");
}

/// Reads the head of an answer, and leaves its body where it is.
async fn head(client: &mut Client<TcpStream>) -> String {
    let mut head = Vec::new();
    let reading = async {
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.stream.read_u8().await.unwrap());
        }
    };
    tokio::time::timeout(SOON, reading).await.expect("no answer came");
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn whoever_does_not_read_large_answers_is_kept_few_of_them() {
    let world = World::tcp(HttpConfig { max_unsent_per_client: 1024 * 1024, ..HttpConfig::default() });
    let mut client = world.client().await;
    // More than the kernel takes of an answer.
    let value = vec![b'x'; 500 * 1024];
    for key in 0..16 {
        client.put(&format!("/v1/kv/{key:02}"), &value).await;
    }
    let (all, others) = ("GET /v1/kv/?recurse", "GET /v1/kv/0?recurse");
    let mut slow = Vec::new();
    for line in [all, all, "GET /v1/kv/?recurse&pretty"] {
        let mut reader = world.client().await;
        reader.send(format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        let head = head(&mut reader).await;
        assert!(head.starts_with("HTTP/1.1 200"), "it is the same answer: {head}");
        slow.push(reader);
    }
    let refused = client.get(others).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(refused.text().contains("not yet read by this client"), "{}", refused.text());
    assert_eq!(client.get("GET /v1/kv/00?raw").await.status, 429, "nor one of half a megabyte");
    assert_eq!(client.get("GET /v1/kv/?keys").await.status, 200, "what is short is sent");
    assert_eq!(world.client_from("127.63.7.2").await.get(others).await.status, 200, "another client reads");
    drop(slow);
    let deadline = tokio::time::Instant::now() + SOON;
    while client.get(others).await.status != 200 {
        assert!(tokio::time::Instant::now() < deadline, "the answers were not let go");
    }
}
