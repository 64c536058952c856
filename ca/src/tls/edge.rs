//! TLS towards applications: HTTPS and gRPC of an agent, and the CLI that calls them.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{
    ALL_VERSIONS, ClientConfig, ConfigBuilder, RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion, WantsVerifier,
};

use super::Keychain;

/// Makes configurations for both ends of the API. Applications bring their own TLS libraries, so TLS 1.2 and the
/// classical groups are spoken too, with X25519MLKEM768 where the other side can.
pub struct EdgeTls {
    provider: Arc<CryptoProvider>,
    versions: &'static [&'static SupportedProtocolVersion],
    clock: Arc<dyn TimeProvider>,
}

/// Who may call the API.
pub enum EdgeCallers<'a> {
    /// Everyone; tokens decide the rest.
    Anyone,
    /// Only who shows a certificate under these roots (`verify_incoming`).
    Verified(&'a [CertificateDer<'static>]),
}

/// A configuration that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EdgeTlsError {
    /// A root does not decode, or the provider lacks something.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// There is no root to verify with.
    #[error(transparent)]
    Roots(#[from] VerifierBuilderError),
}

impl EdgeTls {
    /// `clock` is wall time.
    pub fn new(clock: Arc<dyn TimeProvider>) -> Self {
        Self { provider: Arc::new(default_provider()), versions: ALL_VERSIONS, clock }
    }

    /// The same without TLS 1.2.
    #[must_use]
    pub fn tls13_only(self) -> Self {
        Self { versions: TLS13_ONLY, ..self }
    }

    /// The same with no other suites of TLS 1.2 than those of these IANA names. Those of TLS 1.3 all stay, as in Go.
    #[must_use]
    pub fn with_tls12_suites(self, names: &[String]) -> Self {
        let mut provider = CryptoProvider::clone(&self.provider);
        let named = |suite: &SupportedCipherSuite| suite.suite().as_str().is_some_and(|name| names.iter().any(|wanted| wanted == name));
        provider.cipher_suites.retain(|suite| suite.tls13().is_some() || named(suite));
        Self { provider: Arc::new(provider), ..self }
    }

    /// For a listener that speaks `protocols` (ALPN, for example `h2` and `http/1.1`).
    pub fn server(&self, keys: Arc<Keychain>, callers: EdgeCallers<'_>, protocols: &[&[u8]]) -> Result<Arc<ServerConfig>, EdgeTlsError> {
        let builder = ServerConfig::builder_with_details(self.provider(), Arc::clone(&self.clock)).with_protocol_versions(self.versions)?;
        let builder = match callers {
            EdgeCallers::Anyone => builder.with_no_client_auth(),
            EdgeCallers::Verified(roots) => {
                let roots = Arc::new(store(roots)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, self.provider()).build()?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_cert_resolver(keys);
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        // Tickets would let a caller in again after the roots have changed.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(Arc::new(config))
    }

    /// For a caller that trusts `roots` and checks the name it dials; `keys` for servers that verify callers.
    pub fn client(
        &self,
        roots: &[CertificateDer<'_>],
        keys: Option<Arc<Keychain>>,
        protocols: &[&[u8]],
    ) -> Result<Arc<ClientConfig>, EdgeTlsError> {
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store(roots)?), self.provider()).build()?;
        let builder = self.client_builder()?.with_webpki_verifier(verifier);
        let mut config = match keys {
            Some(keys) => builder.with_client_cert_resolver(keys),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        Ok(Arc::new(config))
    }

    pub(super) fn client_builder(&self) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
        ClientConfig::builder_with_details(self.provider(), Arc::clone(&self.clock)).with_protocol_versions(self.versions)
    }

    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        Arc::clone(&self.provider)
    }
}

static TLS13_ONLY: &[&SupportedProtocolVersion] = &[&TLS13];

fn store(roots: &[CertificateDer<'_>]) -> Result<RootCertStore, rustls::Error> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone().into_owned())?;
    }
    Ok(store)
}
