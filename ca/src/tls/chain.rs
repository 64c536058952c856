//! Verification of a presented chain: the path, and the rule of the datacenters.

use std::cell::Cell;
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::trust::Authority;
use super::{PeerRefused, Trust};
use crate::issue::CaName;
use crate::names::Names;
use crate::spiffe::SpiffeId;
use crate::{SpkiHash, Undecodable, Validity};

/// What a peer presented, leaf first; bounded in size before anything is parsed.
#[derive(Clone, Copy)]
pub(super) struct Chain<'a> {
    leaf: &'a CertificateDer<'a>,
    rest: &'a [CertificateDer<'a>],
}

/// In which role the peer used its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

/// A leaf whose path and issuer were verified.
pub(super) struct VerifiedLeaf {
    /// Always there in the federation's own PKI, and never in an operator's.
    pub(super) id: Option<SpiffeId>,
    names: Names,
}

impl<'a> Chain<'a> {
    pub(super) fn new(leaf: &'a CertificateDer<'a>, rest: &'a [CertificateDer<'a>]) -> Result<Self, PeerRefused> {
        let small = |certificate: &CertificateDer<'_>| certificate.len() <= MAX_CERTIFICATE;
        if rest.len() > MAX_INTERMEDIATES || !small(leaf) || !rest.iter().all(small) {
            return Err(PeerRefused::TooLarge);
        }
        Ok(Self { leaf, rest })
    }

    pub(super) fn of(certificates: &'a [CertificateDer<'a>]) -> Result<Self, PeerRefused> {
        let (leaf, rest) = certificates.split_first().ok_or(PeerRefused::NoCertificate)?;
        Self::new(leaf, rest)
    }

    pub(super) fn is_single(&self) -> bool {
        self.rest.is_empty()
    }

    /// The hash of the leaf's key.
    pub(super) fn key(&self) -> Result<SpkiHash, PeerRefused> {
        Ok(SpkiHash::of_certificate(self.leaf)?)
    }

    /// The last second in which the leaf counts, whoever signed it.
    pub(super) fn last_second(&self) -> Result<UnixTime, PeerRefused> {
        let validity = Validity::of_certificate(self.leaf)?;
        Ok(UnixTime::since_unix_epoch(Duration::from_secs(validity.not_after())))
    }

    /// Verifies the path to a trusted root and, in the federation's own PKI, that the issuer on the *verified* path
    /// is the intermediate of the leaf's datacenter. What else was presented proves nothing and is not looked at.
    pub(super) fn verify(&self, trust: &Trust, provider: &CryptoProvider, side: Side, now: UnixTime) -> Result<VerifiedLeaf, PeerRefused> {
        let names = names_of(self.leaf)?;
        let id = match trust.authority() {
            Authority::Nobody => return Err(PeerRefused::NoTrust),
            Authority::Federation(trust_domain) => {
                let id = names.one_id()?;
                if id.trust_domain() != trust_domain {
                    return Err(PeerRefused::TrustDomain(id));
                }
                Some(id)
            }
            // An operator's PKI may write URIs of its own; these are no identity here.
            Authority::Configured => None,
        };
        // webpki reports a refusal by the rule as one of its own errors, so the reason is kept aside.
        let reason = Cell::new(None);
        let rule = |path: &VerifiedPath<'_>| {
            let verdict = match (trust.authority(), &id) {
                (Authority::Federation(_), Some(id)) => issued_by_own_datacenter(path, id),
                _ => Ok(()),
            };
            verdict.map_err(|refused| {
                reason.set(Some(refused));
                webpki::Error::UnknownIssuer
            })
        };
        let usage = match side {
            Side::Client => KeyUsage::client_auth(),
            Side::Server => KeyUsage::server_auth(),
        };
        let leaf = EndEntityCert::try_from(self.leaf).map_err(PeerRefused::Path)?;
        let path = leaf.verify_for_usage(
            provider.signature_verification_algorithms.all,
            trust.anchors(),
            self.rest,
            now,
            usage,
            None,
            Some(&rule),
        );
        match path {
            Ok(_) => Ok(VerifiedLeaf { id, names }),
            Err(error) => Err(reason.take().unwrap_or(PeerRefused::Path(error))),
        }
    }
}

impl VerifiedLeaf {
    pub(super) fn lists_host(&self, host: &str) -> bool {
        self.names.lists_host(host)
    }
}

/// Exactly one intermediate, of the leaf's federation and datacenter.
fn issued_by_own_datacenter(path: &VerifiedPath<'_>, id: &SpiffeId) -> Result<(), PeerRefused> {
    let mut intermediates = path.intermediate_certificates();
    let (Some(issuer), None) = (intermediates.next(), intermediates.next()) else {
        return Err(PeerRefused::IssuerUnnamed);
    };
    let der = issuer.der();
    let Ok((_, parsed)) = X509Certificate::from_der(&der) else {
        return Err(PeerRefused::IssuerUnnamed);
    };
    let issuer = CaName::from_subject(parsed.subject()).map_err(|_| PeerRefused::IssuerUnnamed)?;
    if &issuer.trust_domain != id.trust_domain() {
        return Err(PeerRefused::TrustDomain(id.clone()));
    }
    match id.dc() {
        Some(dc) if dc == &issuer.dc => Ok(()),
        Some(dc) => Err(PeerRefused::IssuerOfOther { leaf: dc.clone(), issuer: issuer.dc }),
        None => Err(PeerRefused::Role(id.clone())),
    }
}

fn names_of(leaf: &CertificateDer<'_>) -> Result<Names, PeerRefused> {
    let Ok(([], parsed)) = X509Certificate::from_der(leaf) else {
        return Err(Undecodable.into());
    };
    Ok(Names::of_extensions(parsed.extensions())?)
}

/// A P-256 certificate of ours has about 700 bytes; an operator's RSA certificate with many names a few thousand.
const MAX_CERTIFICATE: usize = 16 * 1024;

/// Ours is one; an operator's PKI may have some more.
const MAX_INTERMEDIATES: usize = 8;
