use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ca::tls::{EdgeTls, Keychain, Pem};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::time_provider::DefaultTimeProvider;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::PrivateKeyDer;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use super::servers::{accept, read_request, response, silent};
use super::{http, polled, settings};
use crate::outcome::Outcome;
use crate::probe::Prober;
use crate::{Http, Polled, Probe, Probing, Roots, Settings, Status, Tcp, Tls};

/// An authority, and servers it vouches for.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Takes connections for `name`.
    pub(super) fn acceptor(&self, name: &str, protocols: &[&[u8]]) -> TlsAcceptor {
        self.acceptor_for(name, protocols, Arc::new(NoClientAuth))
    }

    fn acceptor_for(&self, name: &str, protocols: &[&[u8]], callers: Arc<dyn ClientCertVerifier>) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_client_cert_verifier(callers).with_single_cert(vec![leaf.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }

    /// Runs checks that trust it.
    pub(super) fn prober(&self) -> Prober {
        Prober::new(Settings { probing: Probing { roots: Roots::Bundle(self.0.pem().into_bytes()), ..Probing::default() }, ..settings() })
    }

    /// What a check shows as `name`.
    fn keys(&self, name: &str) -> Arc<Keychain> {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let (leaf, key) = (leaf.pem(), key.serialize_pem());
        let pem = |content| Pem { file: "in memory", content };
        let edge = EdgeTls::new(Arc::new(DefaultTimeProvider));
        Arc::new(Keychain::new(edge.identity(pem(leaf.as_bytes()), pem(key.as_bytes())).unwrap()))
    }

    /// An HTTPS server for `name` that lets in only who shows a certificate of this authority.
    async fn serve_verified(&self, name: &str) -> SocketAddr {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
        self.serve_with(self.acceptor_for(name, &[b"http/1.1"], verifier)).await
    }

    /// An HTTPS server for `name`.
    async fn serve(&self, name: &str) -> SocketAddr {
        self.serve_with(self.acceptor(name, &[b"http/1.1"])).await
    }

    async fn serve_with(&self, acceptor: TlsAcceptor) -> SocketAddr {
        accept(move |stream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    read_request(&mut stream).await;
                    let _ = stream.write_all(&response("200 OK", "", "hello")).await;
                    let _ = stream.shutdown().await;
                }
            }
        })
        .await
    }
}

/// A server that speaks first, and no TLS.
async fn greeting() -> SocketAddr {
    accept(|mut stream| async move {
        let _ = stream.write_all(b"220 mail.example ESMTP\r\n").await;
        read_request(&mut stream).await;
    })
    .await
}

fn https(address: SocketAddr, tls: Tls) -> Polled {
    polled(Probe::Http(Http { tls, ..http(&format!("https://{address}/")) }))
}

#[tokio::test]
async fn certificates_are_verified_unless_told_otherwise() {
    let (ours, other) = (Authority::new(), Authority::new());
    let prober = ours.prober();
    let good = ours.serve("127.0.0.1").await;
    let passing = Outcome::passing(format!("HTTP GET https://{good}/: 200 OK Output: hello"));
    assert_eq!(prober.run(&https(good, Tls::default())).await, passing);
    for bad in [other.serve("127.0.0.1").await, ours.serve("web.example").await] {
        let outcome = prober.run(&https(bad, Tls::default())).await;
        assert_eq!(outcome.status, Status::Critical);
        assert!(outcome.output.starts_with(&format!("Get \"https://{bad}/\": tls: invalid peer certificate")), "{}", outcome.output);
        let outcome = prober.run(&https(bad, Tls { skip_verify: true, ..Tls::default() })).await;
        assert_eq!(outcome.status, Status::Passing, "{}", outcome.output);
    }
}

#[tokio::test]
async fn the_expected_name_can_be_another() {
    let authority = Authority::new();
    let address = authority.serve("web.example").await;
    let named = |server_name: &str| https(address, Tls { skip_verify: false, server_name: server_name.into() });
    let prober = authority.prober();
    assert_eq!(prober.run(&named("web.example")).await.status, Status::Passing);
    assert_eq!(prober.run(&named("db.example")).await.status, Status::Critical);
    let outcome = prober.run(&named("not a name")).await;
    assert_eq!(outcome, Outcome::critical(format!("Get \"https://{address}/\": tls: not a name is no server name")));
}

#[tokio::test]
async fn who_asks_for_a_certificate_is_shown_the_agents() {
    let authority = Authority::new();
    let address = authority.serve_verified("n1").await;
    let without = authority.prober();
    let named = https(address, Tls { skip_verify: false, server_name: "n1".into() });
    assert_eq!(without.run(&named).await.status, Status::Critical);
    let roots = Roots::Bundle(authority.0.pem().into_bytes());
    let probing = Probing { roots, keys: Some(authority.keys("agent")), server_name: "n1".to_owned(), ..Probing::default() };
    without.probe_so(probing);
    let outcome = without.run(&named).await;
    assert_eq!(outcome.status, Status::Passing, "{}", outcome.output);
    let outcome = without.run(&https(address, Tls::default())).await;
    assert_eq!(outcome.status, Status::Passing, "the agent's own expectation: {}", outcome.output);
    let other = https(address, Tls { skip_verify: false, server_name: "n2".into() });
    assert_eq!(without.run(&other).await.status, Status::Critical);
}

#[tokio::test]
async fn broken_tls_is_critical() {
    let prober = Authority::new().prober();
    let plain = greeting().await;
    let outcome = prober.run(&https(plain, Tls::default())).await;
    assert!(outcome.status == Status::Critical && outcome.output.contains("\": tls: "), "{}", outcome.output);
    let quiet = Polled { timeout: Some(Duration::from_millis(200)), ..https(silent().await, Tls::default()) };
    let outcome = prober.run(&quiet).await;
    assert!(outcome.output.ends_with("(Client.Timeout exceeded while awaiting headers)"), "{}", outcome.output);
}

#[tokio::test]
async fn a_bundle_without_authorities_verifies_nobody() {
    let address = Authority::new().serve("127.0.0.1").await;
    let outcome = Prober::new(settings()).run(&https(address, Tls::default())).await;
    assert!(outcome.output.ends_with("the bundle has no certificate"), "{}", outcome.output);
}

#[tokio::test]
async fn tcp_checks_can_shake_hands() {
    let authority = Authority::new();
    let (good, plain) = (authority.serve("127.0.0.1").await, greeting().await);
    let check = |address: SocketAddr| polled(Probe::Tcp(Tcp { address: address.to_string(), tls: Some(Tls::default()) }));
    let prober = authority.prober();
    assert_eq!(prober.run(&check(good)).await, Outcome::passing(format!("TCP connect {good}: Success")));
    assert_eq!(prober.run(&check(plain)).await.status, Status::Critical);
    let outcome = Authority::new().prober().run(&check(good)).await;
    assert!(outcome.output.starts_with("tls: invalid peer certificate"), "{}", outcome.output);
    let quiet = silent().await;
    let outcome = prober.run(&Polled { timeout: Some(Duration::from_millis(200)), ..check(quiet) }).await;
    assert_eq!(outcome, Outcome::critical(format!("dial tcp {quiet}: i/o timeout")));
}
