//! Heads and bodies that are too large, too slow, or incomplete.

use crate::world::World;
use api::http::Context;
use edge_http::HttpConfig;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const LIMIT: usize = 1000;

fn small() -> World {
    World::tcp(HttpConfig { context: Context { kv_max_value_size: LIMIT, ..Context::default() }, ..HttpConfig::default() })
}

fn impatient() -> World {
    World::tcp(HttpConfig { patience: Duration::from_millis(100), ..HttpConfig::default() })
}

#[tokio::test]
async fn a_body_at_the_limit_is_taken_and_one_above_is_not() {
    let world = small();
    let mut client = world.client().await;
    assert_eq!(client.put("/v1/kv/a", &[b'x'; LIMIT]).await.text(), "true");
    let refused = client.put("/v1/kv/a", &[b'y'; LIMIT + 1]).await;
    let see = "See https://www.consul.io/docs/agent/options.html#kv_max_value_size.";
    assert_eq!(refused.text(), format!("Request body(1001 bytes) too large, max size: 1000 bytes. {see}"));
    assert_eq!(refused.status, 413);
    assert_eq!(world.client().await.get("GET /v1/kv/a?raw").await.body, [b'x'; LIMIT]);
}

#[tokio::test]
async fn an_announced_size_is_refused_before_anything_is_sent() {
    let world = small();
    let mut client = world.client().await;
    client.send("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n").await;
    let refused = client.response().await;
    assert_eq!(refused.status, 413);
    assert!(refused.text().starts_with("Request body(99999999999 bytes) too large"), "{}", refused.text());
}

#[tokio::test]
async fn chunks_are_counted_as_they_come() {
    let world = small();
    let mut client = world.client().await;
    let begin = "PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(format!("{begin}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")).await;
    assert_eq!(client.response().await.text(), "true");
    assert_eq!(client.get("GET /v1/kv/a?raw").await.text(), "abcde");
    let chunk = format!("1f4\r\n{}\r\n", "x".repeat(500));
    client.send(format!("{begin}{}", chunk.repeat(3))).await;
    let refused = client.response().await;
    assert_eq!(refused.status, 413);
    assert!(refused.text().starts_with("Request body(more than 1000 bytes) too large"), "{}", refused.text());
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_stored() {
    let world = small();
    let mut client = world.client().await;
    client.send("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf").await;
    client.stream.shutdown().await.unwrap();
    client.rest().await;
    let mut client = world.client().await;
    client.send("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").await;
    client.rest().await;
    assert_eq!(world.client().await.get("GET /v1/kv/a").await.status, 404);
}

#[tokio::test]
async fn a_body_nobody_wants_is_not_waited_for() {
    let world = small();
    let mut client = world.client().await;
    client.send("GET /v1/kv/none HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n").await;
    assert_eq!(client.response().await.status, 404);
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let world = impatient();
    let mut client = world.client().await;
    client.send("PUT /v1/kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert_eq!(client.response().await.status, 408);
    client.rest().await;
}

#[tokio::test]
async fn a_slow_head_is_given_up_and_an_idle_connection_is_not() {
    let world = impatient();
    let (mut idle, mut slow) = (world.client().await, world.client().await);
    assert_eq!(idle.get("GET /v1/kv/a").await.status, 404);
    slow.send("GET /v1/kv/a HTTP/1.1\r\nHost:").await;
    assert_eq!(slow.rest().await, b"");
    assert_eq!(idle.get("GET /v1/kv/a").await.status, 404);
}

#[tokio::test]
async fn a_head_has_a_greatest_size() {
    let world = World::tcp(HttpConfig { max_header_bytes: 16 * 1024, ..HttpConfig::default() });
    let mut client = world.client().await;
    let request = |size| format!("GET /v1/kv/a HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(size));
    client.send(request(8 * 1024)).await;
    assert_eq!(client.response().await.status, 404);
    client.send(request(32 * 1024)).await;
    assert_eq!(client.response().await.status, 431);
}
