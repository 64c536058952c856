//! The edge on real sockets: what it takes, what it refuses, and what it gives back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bodies;
mod connections;
mod https;
mod lines;
mod world;

use edge_http::{Access, HttpConfig};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::io::Read;
use std::sync::Arc;
use world::{Client, World};

#[tokio::test]
async fn a_value_is_written_and_read() {
    let world = World::tcp(HttpConfig::default());
    let mut client = world.client().await;
    assert_eq!(client.put("/v1/kv/a?flags=7", b"hello").await.text(), "true");
    let read = client.get("GET /v1/kv/a").await;
    assert_eq!(read.text(), r#"[{"LockIndex":0,"Key":"a","Flags":7,"Value":"aGVsbG8=","CreateIndex":2,"ModifyIndex":2}]"#);
    assert_eq!(
        (read.header("x-consul-index"), read.header("x-consul-knownleader"), read.header("vary")),
        (Some("2"), Some("true"), Some("accept-encoding"))
    );
    let raw = client.get("GET /v1/kv/a?raw").await;
    assert_eq!((raw.text(), raw.header("content-security-policy")), ("hello", Some("sandbox")));
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let world = World::tcp(HttpConfig::default());
    let mut client = world.client().await;
    let get = |key: &str| format!("GET /v1/kv/{key}?raw HTTP/1.1\r\nHost: x\r\n\r\n");
    let put = |key: &str| format!("PUT /v1/kv/{key} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{key}");
    client.send([put("a"), put("b"), get("b"), get("none"), get("a")].concat()).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        let response = client.response().await;
        answers.push((response.status, response.text().to_owned()));
    }
    let expected = [(200, "true"), (200, "true"), (200, "b"), (404, ""), (200, "a")];
    assert_eq!(answers, expected.map(|(status, text)| (status, text.to_owned())));
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_rest_of_the_next_request() {
    let world = World::tcp(HttpConfig::default());
    let mut client = world.client().await;
    client.send("GET /v1/kv/a HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/kv/b HTTP/1.1\r\n").await;
    assert_eq!(client.response().await.status, 404);
    client.send("Host: x\r\n\r\n").await;
    assert_eq!(client.response().await.status, 404);
}

#[tokio::test]
async fn a_client_that_takes_gzip_gets_it() {
    let world = World::tcp(HttpConfig::default());
    let mut client = world.client().await;
    for value in [b"short".to_vec(), vec![b'x'; 100_000]] {
        client.put("/v1/kv/a", &value).await;
        client.send("GET /v1/kv/a?raw HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n").await;
        let response = client.response().await;
        assert_eq!(response.header("content-encoding"), Some("gzip"));
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&*response.body).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, value);
    }
}

#[tokio::test]
async fn a_unix_socket_serves_and_is_gone_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("http.sock");
    let world = World::unix(&path);
    let mut client = Client::unix(&path).await;
    assert_eq!(client.put("/v1/kv/a", b"1").await.status, 200);
    assert_eq!(client.get("GET /v1/kv/a?raw").await.text(), "1");
    drop(client);
    world.stop.cancel();
    world.running.await.unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn access_lists_keep_out() {
    let access = Access { blocked: vec!["/v1/agent".to_owned()], writers: vec!["127.63.9.0/24".parse().unwrap()] };
    let world = World::tcp(HttpConfig { access, ..HttpConfig::default() });
    let mut writer = world.client_from("127.63.9.1").await;
    let mut reader = world.client_from("127.63.8.1").await;
    assert_eq!(writer.put("/v1/kv/a", b"1").await.status, 200);
    assert_eq!(reader.get("GET /v1/kv/a?raw").await.text(), "1");
    let refused = reader.put("/v1/kv/a", b"2").await;
    assert_eq!((refused.status, refused.text()), (403, "Access is restricted"));
    for path in ["/v1/agent/self", "/v1/%61gent/self", "/%76%31/agent%2fself"] {
        let blocked = writer.get(&format!("GET {path}")).await;
        assert_eq!((blocked.status, blocked.text()), (403, "Endpoint is blocked by agent configuration"), "{path}");
    }
}

#[tokio::test]
async fn configured_headers_are_on_every_answer() {
    let response_headers = HeaderMap::from_iter([(http::header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))]);
    let world = World::tcp(HttpConfig { response_headers, ..HttpConfig::default() });
    let mut client = world.client().await;
    for (line, status) in [("GET /v1/kv/none", 404), ("GET /nowhere", 404), ("POST /v1/kv/a", 405), ("OPTIONS /v1/kv/a", 200)] {
        let response = client.get(line).await;
        assert_eq!((response.status, response.header("access-control-allow-origin")), (status, Some("*")), "{line}");
    }
}

#[tokio::test]
async fn what_is_configured_anew_counts_for_the_next_request_and_the_next_connection() {
    let world = World::tcp(HttpConfig::default());
    let mut client = world.client().await;
    assert_eq!(client.get("GET /v1/kv/a").await.header("x-new"), None);
    let response_headers = HeaderMap::from_iter([(HeaderName::from_static("x-new"), HeaderValue::from_static("1"))]);
    let access = Access { blocked: vec!["/v1/agent".to_owned()], ..Access::default() };
    let now = HttpConfig { response_headers, access, max_connections_per_client: 1, ..HttpConfig::default() };
    world.config.send_replace(Arc::new(now));
    assert_eq!(client.get("GET /v1/kv/a").await.header("x-new"), Some("1"));
    assert_eq!(client.get("GET /v1/agent/self").await.status, 403);
    assert_eq!(world.client().await.response().await.status, 429);
}

#[tokio::test]
async fn answers_say_whether_addresses_are_translated() {
    for (translate_wan_addrs, said) in [(true, Some("true")), (false, None)] {
        let context = api::http::Context { translate_wan_addrs, ..Default::default() };
        let world = World::tcp(HttpConfig { context, ..HttpConfig::default() });
        let mut client = world.client().await;
        for line in ["GET /v1/kv/none", "GET /v1/catalog/nodes", "POST /v1/catalog/nodes"] {
            assert_eq!(client.get(line).await.header("x-consul-translate-addresses"), said, "{line}");
        }
    }
}
