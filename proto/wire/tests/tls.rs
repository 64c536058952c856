//! Mutual TLS, and that a handler sees who calls.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod harness;

use bytes::Bytes;
use harness::{SOON, Server, handler};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ClientConfig, RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use std::sync::Arc;
use wire::{CallError, CallsClient, Connector, NotSent, ServerLimits, Services};

const NAME: &str = "server.dc1.delian";

struct Ca(CertifiedIssuer<'static, KeyPair>);

impl Ca {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        Arc::new(roots)
    }

    fn leaf(&self, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }

    fn server(&self) -> Arc<ServerConfig> {
        let (chain, key) = self.leaf(NAME);
        let verifier = WebPkiClientVerifier::builder(self.roots()).build().unwrap();
        let mut config = ServerConfig::builder().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config)
    }

    fn client(&self, name: &str) -> (Arc<ClientConfig>, CertificateDer<'static>) {
        let (chain, key) = self.leaf(name);
        let certificate = chain[0].clone();
        let mut config = ClientConfig::builder().with_root_certificates(self.roots()).with_client_auth_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        (Arc::new(config), certificate)
    }
}

fn client(server: &Server, config: Arc<ClientConfig>, name: &'static str) -> CallsClient {
    CallsClient::connect(Connector::new(server.addr, Some((config, ServerName::try_from(name).unwrap()).into())))
}

async fn server(ca: &Ca) -> Server {
    let calls = handler(|peer, _, _| async move {
        let leaf = peer.certificates.first().map(|der| Bytes::copy_from_slice(der)).unwrap_or_default();
        (Bytes::from(peer.addr.ip().to_string()), leaf)
    });
    let services = Services { calls: Some(calls), ..Services::default() };
    Server::start_with_tls(services, ServerLimits::default(), Some(ca.server())).await
}

#[tokio::test]
async fn a_handler_sees_the_certificate_of_its_caller() {
    let ca = Ca::new();
    let server = server(&ca).await;
    let (config, certificate) = ca.client("agent.dc1.delian");
    let (addr, leaf) = client(&server, config, NAME).call(Bytes::new(), Bytes::new(), SOON).await.unwrap();
    assert_eq!(addr, "127.0.0.1");
    assert_eq!(leaf, certificate.as_ref());
}

#[tokio::test]
async fn strangers_and_wrong_names_get_no_call_through() {
    let ca = Ca::new();
    let server = server(&ca).await;
    let not_sent = |error: &CallError| matches!(error, CallError::NotSent(NotSent::Unreachable(_)));

    let (config, _) = ca.client("agent.dc1.delian");
    let error = client(&server, config, "server.dc2.delian").call(Bytes::new(), Bytes::new(), SOON).await.unwrap_err();
    assert!(not_sent(&error), "{error}");

    let (config, _) = Ca::new().client("agent.dc1.delian");
    let error = client(&server, config, NAME).call(Bytes::new(), Bytes::new(), SOON).await.unwrap_err();
    assert!(not_sent(&error), "{error}");

    let plain = server.client().call(Bytes::new(), Bytes::new(), SOON).await.unwrap_err();
    assert!(not_sent(&plain), "{plain}");
}
