//! Certificates of the `tls` stanza: `ca_file`, `cert_file`, `key_file`.

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{Crypto, EdgeTls, Identity, IdentityError, InvalidTrust, Trust};

/// The content of a PEM file and the name to call it by in errors. No `Debug`: it may be a key.
#[derive(Clone, Copy)]
pub struct Pem<'a> {
    /// As the operator wrote it, for example `tls.defaults.cert_file: /etc/…`.
    pub file: &'a str,
    /// The bytes.
    pub content: &'a [u8],
}

/// A configured file that cannot be used. It never quotes the content.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PemError {
    /// No certificate inside.
    #[error("{0}: contains no PEM certificate")]
    NoCertificate(String),
    /// Some certificate does not decode.
    #[error("{0}: broken PEM")]
    Broken(String),
    /// No private key inside.
    #[error("{0}: contains no PEM private key")]
    NoKey(String),
    /// Key and certificate do not belong together, or are of an unknown kind.
    #[error("{certificate} with {key}: {source}")]
    Identity {
        /// The certificate's file.
        certificate: String,
        /// The key's file.
        key: String,
        /// Why not.
        source: IdentityError,
    },
    /// The roots cannot be used.
    #[error("{file}: {source}")]
    Trust {
        /// The file.
        file: String,
        /// Why not.
        source: InvalidTrust,
    },
}

impl Pem<'_> {
    /// All certificates of the file, in its order.
    pub fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, PemError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(self.content).collect();
        let found = found.map_err(|_| PemError::Broken(self.file.to_owned()))?;
        if found.is_empty() {
            return Err(PemError::NoCertificate(self.file.to_owned()));
        }
        Ok(found)
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, PemError> {
        PrivateKeyDer::from_pem_slice(self.content).map_err(|_| PemError::NoKey(self.file.to_owned()))
    }
}

impl Identity {
    /// From `cert_file` (leaf first, then intermediates) and `key_file` (PKCS #8, SEC1 or PKCS #1).
    pub fn configured(crypto: &Crypto, certificate: Pem<'_>, key: Pem<'_>) -> Result<Self, PemError> {
        Self::of_files(crypto.provider(), certificate, key)
    }

    fn of_files(provider: &CryptoProvider, certificate: Pem<'_>, key: Pem<'_>) -> Result<Self, PemError> {
        let chain = certificate.certificates()?;
        Self::from_der(provider, chain, key.key()?).map_err(|source| PemError::Identity {
            certificate: certificate.file.to_owned(),
            key: key.file.to_owned(),
            source,
        })
    }
}

impl EdgeTls {
    /// An identity to show to applications, from files as [`Identity::configured`] takes them.
    pub fn identity(&self, certificate: Pem<'_>, key: Pem<'_>) -> Result<Identity, PemError> {
        Identity::of_files(&self.provider(), certificate, key)
    }
}

impl Trust {
    /// From `ca_file`.
    pub fn from_ca_file(roots: Pem<'_>) -> Result<Self, PemError> {
        Self::configured(&roots.certificates()?).map_err(|source| PemError::Trust { file: roots.file.to_owned(), source })
    }
}
