//! The one place that makes TLS settings: PEM in, `rustls` out.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use thiserror::Error;

/// What TLS is made from.
#[derive(Debug)]
pub(crate) struct Material {
    /// PEM files with the authorities to trust; the system's where none are named.
    pub(crate) ca: Option<Vec<Vec<u8>>>,
    /// What to present to the agent.
    pub(crate) client: Option<Identity>,
    /// Whether the agent's certificate must be valid for its name.
    pub(crate) verify: bool,
}

/// A certificate chain and its key, as PEM.
pub(crate) struct Identity {
    pub(crate) chain: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// Why there is no TLS: a wrong file, mostly.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    /// A CA file without a certificate.
    #[error("Error loading CA File: no certificate found")]
    NoAuthority,
    /// No file of the system's authorities was found; a CA must be named.
    #[error("no certificate authorities found on this system: use -ca-file")]
    NoSystemAuthorities,
    /// Not PEM, or not what the PEM says.
    #[error("bad PEM: {0}")]
    Pem(#[from] pem::Error),
    /// The parts do not fit together, such as a key of another certificate.
    #[error("{0}")]
    Rustls(#[from] rustls::Error),
}

/// Where systems keep the authorities they trust, most common first.
const SYSTEM_AUTHORITIES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

impl Material {
    /// Whether anything was asked of TLS, so that a wrong file is reported even where
    /// TLS is not used.
    pub(crate) fn is_given(&self) -> bool {
        self.ca.is_some() || self.client.is_some()
    }

    /// Makes the client's side of TLS.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let builder = if self.verify {
            builder.with_root_certificates(self.authorities()?)
        } else {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyServer(provider)))
        };
        let mut config = match &self.client {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let chain = CertificateDer::pem_slice_iter(&identity.chain).collect::<Result<Vec<_>, _>>()?;
                builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(&identity.key)?)?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn authorities(&self) -> Result<RootCertStore, TlsError> {
        let mut store = RootCertStore::empty();
        match &self.ca {
            Some(files) => {
                for certificate in files.iter().flat_map(|file| CertificateDer::pem_slice_iter(file)) {
                    store.add(certificate?)?;
                }
                if store.is_empty() {
                    return Err(TlsError::NoAuthority);
                }
            }
            None => {
                let bundle = SYSTEM_AUTHORITIES.iter().find_map(|path| std::fs::read(path).ok());
                let bundle = bundle.ok_or(TlsError::NoSystemAuthorities)?;
                // A bundle may hold old certificates that rustls refuses; the rest count.
                store.add_parsable_certificates(CertificateDer::pem_slice_iter(&bundle).flatten());
            }
        }
        Ok(store)
    }
}

impl std::fmt::Debug for Identity {
    /// Shows no key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// Takes any certificate, for `CONSUL_HTTP_SSL_VERIFY=false`. The handshake is still
/// checked: whoever answers holds the key of what was shown.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
