//! What a state holds, read.

use super::refused;
use api::Error;
use api::federation::CaState;
use bytes::Bytes;
use ca::Validity;
use ca::issue::{Intermediate, PrivateKey, RootAuthority};
use ca::spiffe::TrustDomain;
use rustls::pki_types::CertificateDer;

/// A key as the log keeps it (PEM). The error never shows any of it.
pub(super) fn key(pem: &[u8], whose: &str) -> Result<PrivateKey, Error> {
    let key = std::str::from_utf8(pem).ok().and_then(PrivateKey::from_pem);
    key.ok_or_else(|| Error::failed(format!("the stored key of the {whose} cannot be read")))
}

pub(super) fn trust_domain(state: &CaState) -> Result<TrustDomain, Error> {
    state.trust_domain.parse().map_err(|error| Error::failed(format!("the stored trust domain: {error}")))
}

/// The datacenter's intermediate; there must be one.
pub(super) fn intermediate(state: &CaState) -> Result<Intermediate, Error> {
    let key = key(&state.intermediate_key, "intermediate")?;
    Intermediate::load(certificate(&state.intermediate), key).map_err(|error| refused::by_issuer(&error))
}

/// The active root, which only the primary can load.
pub(super) fn root(state: &CaState) -> Result<RootAuthority, Error> {
    let Some(root) = state.roots.first().filter(|_| !state.root_key.is_empty()) else {
        return Err(Error::failed("the root's key is not in this datacenter"));
    };
    let key = key(&state.root_key, "root")?;
    RootAuthority::load(certificate(root), key).map_err(|error| refused::by_issuer(&error))
}

pub(super) fn certificate(der: &Bytes) -> CertificateDer<'static> {
    CertificateDer::from(der.to_vec())
}

pub(super) fn der(certificate: &CertificateDer<'_>) -> Bytes {
    Bytes::copy_from_slice(certificate)
}

/// From when until when a certificate (DER) counts; `None` for bytes that are none.
pub(crate) fn validity_of(der: &[u8]) -> Option<Validity> {
    Validity::of_certificate(der).ok()
}
