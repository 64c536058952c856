use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::servers::{REFUSING, accept, response, serve, silent};
use super::tls::Authority;
use super::{polled, run, run_for};
use crate::outcome::Outcome;
use crate::{Grpc, Probe, Status, Tls};

/// A health service that knows `web`, which serves, and `db`, which does not; the server as a whole serves.
async fn health(request: Request<Incoming>) -> Result<Response<http_body_util::combinators::BoxBody<Bytes, hyper::Error>>, hyper::Error> {
    let fits = request.uri().path() == "/grpc.health.v1.Health/Check"
        && request.headers()["content-type"] == "application/grpc"
        && request.headers()["te"] == "trailers"
        && request.headers().contains_key("grpc-timeout");
    let asked = request.into_body().collect().await?.to_bytes();
    let (body, status, message): (&'static [u8], _, _) = match asked.as_ref() {
        _ if !fits => (b"", "3", "not the request of a health check"),
        b"\0\0\0\0\0" | b"\0\0\0\0\x05\x0a\x03web" => (b"\0\0\0\0\x02\x08\x01", "0", ""),
        b"\0\0\0\0\x04\x0a\x02db" => (b"\0\0\0\0\x02\x08\x02", "0", ""),
        b"\0\0\0\0\x05\x0a\x03odd" => (b"\x01\0\0\0\xff", "0", ""),
        b"\0\0\0\0\x06\x0a\x04long" => (&[7; 65_536], "0", ""),
        _ => (b"", "5", "unknown%20service"),
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    trailers.insert("grpc-message", message.parse().unwrap());
    let body = Full::new(Bytes::from_static(body)).map_err(|never| match never {});
    Ok(Response::new(body.with_trailers(std::future::ready(Some(Ok(trailers)))).boxed()))
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service_fn(health)).await;
}

async fn health_server() -> SocketAddr {
    accept(speak).await
}

fn grpc(target: impl ToString) -> Probe {
    Probe::Grpc(Grpc { target: target.to_string(), tls: None })
}

#[tokio::test]
async fn serving_is_passing() {
    let address = health_server().await;
    for target in [address.to_string(), format!("{address}/web")] {
        assert_eq!(run(&polled(grpc(&target))).await, Outcome::passing(format!("gRPC check {target}: success")));
    }
}

#[tokio::test]
async fn anything_else_is_critical() {
    let address = health_server().await;
    let outcome = async |service: &str| run(&polled(grpc(format!("{address}/{service}")))).await;
    assert_eq!(outcome("db").await, Outcome::critical("gRPC application didn't report service healthy"));
    assert_eq!(outcome("other").await, Outcome::critical("rpc error: code = NotFound desc = unknown service"));
    assert_eq!(outcome("odd").await, Outcome::critical("rpc error: code = Internal desc = malformed health check response"));
    assert_eq!(outcome("long").await, Outcome::critical("rpc error: code = Internal desc = length limit exceeded"));
}

#[tokio::test]
async fn tls_is_spoken_if_asked() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("127.0.0.1", &[b"h2"]);
    let address = accept(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                speak(stream).await;
            }
        }
    })
    .await;
    let check = polled(Probe::Grpc(Grpc { target: address.to_string(), tls: Some(Tls::default()) }));
    assert_eq!(authority.prober().run(&check).await.status, Status::Passing);
    let outcome = Authority::new().prober().run(&check).await;
    assert!(outcome.status == Status::Critical && outcome.output.contains("invalid peer certificate"), "{}", outcome.output);
}

#[tokio::test]
async fn who_speaks_no_grpc_is_critical() {
    let refused = REFUSING;
    let text = format!(
        "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing dial tcp {refused}: connect: \
         connection refused\""
    );
    assert_eq!(run(&polled(grpc(refused))).await, Outcome::critical(text));
    let web = serve(|_| response("200 OK", "", "hello")).await;
    let outcome = run(&polled(grpc(web))).await;
    assert!(outcome.output.starts_with("rpc error: code = Unavailable desc = "), "{}", outcome.output);
    let endless = accept(|mut stream| async move { while stream.write_all(&[0; 4096]).await.is_ok() {} }).await;
    assert_eq!(run(&polled(grpc(endless))).await.status, Status::Critical);
    let outcome = run_for(grpc(silent().await), Duration::from_millis(200)).await;
    assert_eq!(outcome, Outcome::critical("rpc error: code = DeadlineExceeded desc = context deadline exceeded"));
}
