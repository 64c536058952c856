//! Hashes by which keys and roots are known.

use std::fmt;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use x509_parser::prelude::{FromDer, X509Certificate};

/// SHA-256 of a SubjectPublicKeyInfo (DER): what gossip pins before the CA exists (the pin of RFC 7469).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpkiHash([u8; 32]);

/// A certificate that does not parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificate does not parse as X.509")]
pub struct Undecodable;

impl SpkiHash {
    /// As carried in gossip.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As carried in gossip.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From 64 hexadecimal digits, as it is displayed; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return None;
        };
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
        Some(Self(bytes?.try_into().ok()?))
    }

    /// Of the key in a certificate (DER, nothing behind it).
    pub fn of_certificate(der: &[u8]) -> Result<Self, Undecodable> {
        let Ok((rest, certificate)) = X509Certificate::from_der(der) else {
            return Err(Undecodable);
        };
        if !rest.is_empty() {
            return Err(Undecodable);
        }
        Ok(Self::of_spki(certificate.tbs_certificate.subject_pki.raw))
    }

    /// Of a SubjectPublicKeyInfo (DER).
    pub fn of_spki(der: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, der).as_ref());
        Self(bytes)
    }
}

impl fmt::Display for SpkiHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SpkiHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id under which Consul lists a root: SHA-1 of its DER as `aa:bb:…`. It names, it proves nothing.
pub fn root_id(der: &[u8]) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, der);
    let hex: Vec<String> = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    hex.join(":")
}
