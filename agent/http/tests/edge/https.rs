//! HTTPS: both protocols, who is let in, and what a stop does to it.

use super::world::{SOON, World};
use ca::tls::{EdgeCallers, EdgeTls, Keychain, Pem};
use edge_http::HttpConfig;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::ServerName;
use rustls::time_provider::DefaultTimeProvider;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// An authority of the operator's.
struct Operator {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Operator {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { pem: params.self_signed(&key).unwrap().pem(), issuer: Issuer::new(params, key) }
    }

    fn keychain(&self, edge: &EdgeTls) -> Arc<Keychain> {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["agent.test".to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let (certificate, key) = (certificate.pem(), key.serialize_pem());
        let files = (Pem { file: "cert", content: certificate.as_bytes() }, Pem { file: "key", content: key.as_bytes() });
        Arc::new(Keychain::new(edge.identity(files.0, files.1).unwrap()))
    }

    fn roots(&self) -> Vec<rustls::pki_types::CertificateDer<'static>> {
        Pem { file: "ca", content: self.pem.as_bytes() }.certificates().unwrap()
    }
}

fn edge() -> EdgeTls {
    EdgeTls::new(Arc::new(DefaultTimeProvider))
}

/// TLS that asks callers for a certificate, or does not.
fn tls(operator: &Operator, verify_incoming: bool) -> Arc<ServerConfig> {
    let (edge, roots) = (edge(), operator.roots());
    let callers = if verify_incoming { EdgeCallers::Verified(&roots) } else { EdgeCallers::Anyone };
    edge.server(operator.keychain(&edge), callers, &[b"h2", b"http/1.1"]).unwrap()
}

fn world(operator: &Operator, verify_incoming: bool) -> World {
    serving(watch::channel(tls(operator, verify_incoming)).1)
}

fn serving(tls: watch::Receiver<Arc<ServerConfig>>) -> World {
    World::https(HttpConfig { patience: Duration::from_secs(2), ..HttpConfig::default() }, tls)
}

async fn connect(world: &World, operator: &Operator, protocol: &[u8], known: bool) -> std::io::Result<TlsStream<TcpStream>> {
    let edge = edge();
    let keys = known.then(|| operator.keychain(&edge));
    let config = edge.client(&operator.roots(), keys, &[protocol]).unwrap();
    let stream = TcpStream::connect(world.addr.unwrap()).await.unwrap();
    TlsConnector::from(config).connect(ServerName::try_from("agent.test").unwrap(), stream).await
}

fn request(version: Version) -> Request<Empty<Bytes>> {
    let uri = "https://agent.test/v1/kv/a?keys";
    Request::builder().version(version).uri(uri).header("host", "agent.test").body(Empty::new()).unwrap()
}

#[tokio::test]
async fn both_protocols_are_served() {
    let operator = Operator::new();
    let world = world(&operator, false);
    let stream = connect(&world, &operator, b"h2", false).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (one, other) = tokio::join!(sender.clone().send_request(request(Version::HTTP_2)), sender.send_request(request(Version::HTTP_2)));
    for response in [one.unwrap(), other.unwrap()] {
        assert_eq!((response.version(), response.status()), (Version::HTTP_2, StatusCode::NOT_FOUND));
        assert!(response.headers().contains_key("x-consul-index"));
        response.into_body().collect().await.unwrap();
    }

    let stream = connect(&world, &operator, b"http/1.1", false).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request(Version::HTTP_11)).await.unwrap();
    assert_eq!((response.version(), response.status()), (Version::HTTP_11, StatusCode::NOT_FOUND));
    world.stop.cancel();
    tokio::time::timeout(SOON, world.running).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn who_shows_no_certificate_is_kept_out_where_one_is_wanted() {
    let operator = Operator::new();
    let world = world(&operator, true);
    // In TLS 1.3 a client learns only after the handshake that it was refused.
    if let Ok(mut stream) = connect(&world, &operator, b"http/1.1", false).await {
        let read = stream.read(&mut [0; 1]).await;
        assert!(!matches!(read, Ok(1..)), "{read:?}");
    }
    assert!(connect(&world, &Operator::new(), b"http/1.1", true).await.is_err(), "another authority's");
    let stream = connect(&world, &operator, b"http/1.1", true).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(sender.send_request(request(Version::HTTP_11)).await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_certificate_is_shown_from_the_next_handshake_on() {
    let (before, after) = (Operator::new(), Operator::new());
    let (replace, tls_now) = watch::channel(tls(&before, false));
    let world = serving(tls_now);
    let stream = connect(&world, &before, b"http/1.1", false).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    replace.send_replace(tls(&after, false));
    assert!(connect(&world, &before, b"http/1.1", false).await.is_err(), "the certificate of before");
    connect(&world, &after, b"http/1.1", false).await.expect("the certificate of now");
    assert_eq!(sender.send_request(request(Version::HTTP_11)).await.unwrap().status(), StatusCode::NOT_FOUND, "a connection of before");
}

#[tokio::test]
async fn a_handshake_that_is_not_finished_ends() {
    let operator = Operator::new();
    let world = world(&operator, false);
    let mut silent = TcpStream::connect(world.addr.unwrap()).await.unwrap();
    let ended = tokio::time::timeout(SOON, silent.read(&mut [0; 1])).await.expect("the server gives up");
    assert!(matches!(ended, Ok(0) | Err(_)));
}
