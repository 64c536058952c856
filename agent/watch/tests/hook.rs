//! Deliveries to URLs, over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use watch::{Delivery, Handler, Hook};

fn hook(url: &str) -> Hook {
    let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_static("x"))]);
    Hook { url: url.parse().unwrap(), method: Method::PUT, headers, timeout: Duration::from_secs(10), tls_skip_verify: false }
}

fn delivery() -> Delivery {
    Delivery { index: 7, payload: json!({"a": 1}) }
}

/// Answers one request with `answer`; returns its URL, and the request in the end.
async fn server(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/p?q=1", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{\"a\":1}") {
            request.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, served)
}

#[tokio::test]
async fn a_delivery_is_sent_with_its_index_and_headers() {
    let (url, served) = server("HTTP/1.1 204 No Content\r\n\r\n").await;
    let handled = Handler::Hook(Box::new(hook(&url))).handle(&delivery()).await;
    assert_eq!((handled.error, handled.output.as_str()), (None, ""));
    let request = served.await.unwrap().to_ascii_lowercase();
    assert!(request.starts_with("put /p?q=1 http/1.1\r\n"), "{request}");
    for header in ["x-consul-index: 7", "authorization: x", "content-type: application/json", "content-length: 7"] {
        assert!(request.contains(&format!("{header}\r\n")), "{header} is not in {request}");
    }
}

#[tokio::test]
async fn a_refusal_is_an_error_and_its_body_the_output() {
    let (url, _served) = server("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nwhy?").await;
    let handled = Handler::Hook(Box::new(hook(&url))).handle(&delivery()).await;
    assert_eq!((handled.error.as_deref(), handled.output.as_str()), (Some("unexpected response code: 500 Internal Server Error"), "why?"));
}

#[tokio::test]
async fn who_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let silent = Hook { timeout: Duration::from_millis(50), ..hook(&url) };
    let handled = Handler::Hook(Box::new(silent)).handle(&delivery()).await;
    assert_eq!(handled.error.as_deref(), Some("no answer within 50ms"));
}
