//! TLS of the checks that an agent runs: towards services, which bring certificates of anybody's.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::{EdgeTls, EdgeTlsError, Keychain};

/// Where systems keep the authorities they trust, most common first. Each is a PEM bundle.
pub const SYSTEM_AUTHORITIES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Which services a check believes.
pub enum CheckPeers<'a> {
    /// Whoever answers, for `tls_skip_verify`: he holds the key of the certificate that he shows, and that is all.
    Any,
    /// Who has the expected name under one of these authorities: a PEM bundle, of which what does not decode is left out.
    Under(&'a [u8]),
}

impl EdgeTls {
    /// For a check that speaks one of `protocols` (ALPN; none for plain TLS); `keys` for services that verify callers. Every
    /// handshake is a whole one, so that a check sees the certificate of now.
    pub fn check_client(
        &self,
        peers: &CheckPeers<'_>,
        keys: Option<Arc<Keychain>>,
        protocols: &[&[u8]],
    ) -> Result<Arc<ClientConfig>, EdgeTlsError> {
        let builder = self.client_builder()?;
        let builder = match peers {
            CheckPeers::Any => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(self.provider()))),
            CheckPeers::Under(bundle) => {
                let mut store = RootCertStore::empty();
                store.add_parsable_certificates(CertificateDer::pem_slice_iter(bundle).flatten());
                if store.is_empty() {
                    return Err(Error::General("the bundle has no certificate".to_owned()).into());
                }
                builder.with_root_certificates(store)
            }
        };
        let mut config = match keys {
            Some(keys) => builder.with_client_cert_resolver(keys),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
}

/// Takes any certificate; signatures are still verified.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
