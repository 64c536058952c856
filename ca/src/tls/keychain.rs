//! What this process shows to its peers.

use std::fmt;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::{Crypto, Slot};
use crate::issue::PrivateKey;

/// A certificate chain (leaf first) with its key. No `Debug`: it holds a key.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

/// A chain and a key that are of no use together.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the certificate and its key cannot be used: {0}")]
pub struct IdentityError(#[from] rustls::Error);

/// The identity shown at present; replace it while connections are made.
pub struct Keychain(Slot<Identity>);

impl Identity {
    /// `chain` is leaf first, then the intermediate; the root is not sent.
    pub fn new(crypto: &Crypto, chain: Vec<CertificateDer<'static>>, key: &PrivateKey) -> Result<Self, IdentityError> {
        Self::from_der(crypto.provider(), chain, key.to_rustls())
    }

    pub(super) fn from_der(
        provider: &CryptoProvider,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, IdentityError> {
        let certified = CertifiedKey::from_der(chain, key, provider)?;
        Ok(Self(Arc::new(certified)))
    }

    /// The chain, leaf first.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.0.cert
    }
}

impl Keychain {
    /// Shows `identity` until it is replaced.
    pub fn new(identity: Identity) -> Self {
        Self(Slot::new(identity))
    }

    /// Shows `identity` in every handshake that begins from now on.
    pub fn replace(&self, identity: Identity) {
        self.0.store(identity);
    }

    /// What is shown now.
    pub fn current(&self) -> Identity {
        Identity::clone(&self.0.load())
    }
}

impl ResolvesServerCert for Keychain {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().0)
    }
}

impl ResolvesClientCert for Keychain {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.current().0)
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keychain")
    }
}
