use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::servers::{REFUSING, accept, response, serve, silent};
use super::tls::Authority;
use super::{polled, run, run_for};
use crate::outcome::Outcome;
use crate::{H2Ping, Probe, Status, Tls};

/// Speaks HTTP/2, and knows nothing else of what it is asked.
async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let nothing = service_fn(async |_: Request<Incoming>| Ok::<_, hyper::Error>(Response::new(Empty::<Bytes>::new())));
    let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), nothing).await;
}

fn ping(address: SocketAddr, tls: Option<Tls>) -> Probe {
    Probe::H2Ping(H2Ping { address: address.to_string(), tls })
}

#[tokio::test]
async fn an_answer_is_passing() {
    let clear = accept(speak).await;
    assert_eq!(run(&polled(ping(clear, None))).await, Outcome::passing("HTTP2 ping was successful"));
    let authority = Authority::new();
    let acceptor = authority.acceptor("127.0.0.1", &[b"h2"]);
    let secured = accept(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                speak(stream).await;
            }
        }
    })
    .await;
    let check = polled(ping(secured, Some(Tls::default())));
    assert_eq!(authority.prober().run(&check).await, Outcome::passing("HTTP2 ping was successful"));
    let outcome = Authority::new().prober().run(&check).await;
    assert!(outcome.output.starts_with(&format!("Failed to dial to {secured}: tls: invalid peer certificate")), "{}", outcome.output);
}

#[tokio::test]
async fn who_speaks_no_http_2_is_critical() {
    let refused = REFUSING;
    let expected = format!("Failed to dial to {refused}: dial tcp {refused}: connect: connection refused");
    assert_eq!(run(&polled(ping(refused, None))).await, Outcome::critical(expected));
    let endless = accept(|mut stream| async move { while stream.write_all(&[0; 4096]).await.is_ok() {} }).await;
    let others = [serve(|_| response("200 OK", "", "hello")).await, serve(|_| Vec::new()).await, endless];
    for other in others {
        let outcome = run(&polled(ping(other, None))).await;
        assert_eq!(outcome.status, Status::Critical);
        assert!(outcome.output.starts_with("HTTP2 ping failed: "), "{}", outcome.output);
    }
    let outcome = run_for(ping(silent().await, None), Duration::from_millis(200)).await;
    assert_eq!(outcome, Outcome::critical("HTTP2 ping failed: context deadline exceeded"));
}
