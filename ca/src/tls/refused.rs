//! Why a peer is not let in.

use std::sync::Arc;

use rustls::{CertificateError, OtherError};

use crate::spiffe::{DcName, SpiffeId};
use crate::{BadNames, SpkiHash, Undecodable};

/// A peer's certificate is not accepted here. All of these are normal for outside input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerRefused {
    /// It showed none.
    #[error("the peer showed no certificate")]
    NoCertificate,
    /// Larger than any chain of ours.
    #[error("the peer's certificate chain is too large")]
    TooLarge,
    /// It does not parse.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
    /// Names that nobody may carry.
    #[error("the peer's certificate: {0}")]
    Names(#[from] BadNames),
    /// Its key is not pinned by gossip.
    #[error("the peer's key {0} is not pinned")]
    NotPinned(SpkiHash),
    /// Its key is pinned, but not for a server.
    #[error("the peer's key {0} is pinned for a member that is no server")]
    PinnedRole(SpkiHash),
    /// There is no root yet to verify with.
    #[error("no trusted root is known yet")]
    NoTrust,
    /// No valid path to a trusted root: forged, foreign, expired …
    #[error("the peer's certificate does not verify: {0}")]
    Path(webpki::Error),
    /// The leaf was not signed by a datacenter's intermediate directly under a root.
    #[error("the peer's certificate was not issued by the intermediate of a datacenter")]
    IssuerUnnamed,
    /// A datacenter signed a leaf of another one.
    #[error("a certificate of datacenter {leaf} was issued by datacenter {issuer}")]
    IssuerOfOther {
        /// What the leaf says.
        leaf: DcName,
        /// Whose intermediate signed it.
        issuer: DcName,
    },
    /// Another federation.
    #[error("{0} belongs to another trust domain")]
    TrustDomain(SpiffeId),
    /// Another datacenter than expected.
    #[error("expected a peer of datacenter {expected}, it is of {presented}")]
    Datacenter {
        /// Asked for.
        expected: DcName,
        /// Shown.
        presented: DcName,
    },
    /// A good identity of the wrong kind.
    #[error("{0} has no business on this link")]
    Role(SpiffeId),
    /// A certificate of the operator's own authority without an id where one is needed.
    #[error("the peer's certificate names no identity")]
    Unnamed,
    /// A server must show this host name.
    #[error("the peer's certificate does not name {0}")]
    Host(String),
    /// A stranger shows one certificate, signed by itself.
    #[error("a stranger must show exactly one certificate")]
    StrangerChain,
    /// It agreed on none of our protocols, or on several.
    #[error("the peer agreed on no protocol of ours")]
    Protocol,
}

impl From<PeerRefused> for rustls::Error {
    /// The alert tells the peer only the class; the reason is for the log here.
    fn from(refused: PeerRefused) -> Self {
        match refused {
            PeerRefused::NoCertificate => Self::NoCertificatesPresented,
            PeerRefused::Path(webpki::Error::CertExpired { .. }) => CertificateError::Expired.into(),
            PeerRefused::Path(webpki::Error::CertNotValidYet { .. }) => CertificateError::NotValidYet.into(),
            PeerRefused::Path(webpki::Error::UnknownIssuer) | PeerRefused::NoTrust => CertificateError::UnknownIssuer.into(),
            other => CertificateError::Other(OtherError(Arc::new(other))).into(),
        }
    }
}
