//! Whom this process trusts.

use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::Slot;
use crate::spiffe::TrustDomain;

/// The trust at present; replace it when the bundle changes.
pub type TrustSlot = Slot<Trust>;

/// The roots, and what a path to them proves.
#[derive(Clone)]
pub struct Trust {
    authority: Authority,
    anchors: Vec<TrustAnchor<'static>>,
}

/// Roots that cannot be used; the former trust stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrust {
    /// A bundle without roots would only lock everyone out.
    #[error("the trust bundle is empty")]
    Empty,
    /// Every root is tried in every handshake.
    #[error("{0} roots in the trust bundle, at most {MAX_ROOTS} are possible")]
    TooMany(usize),
    /// The certificate at this place does not decode.
    #[error("root number {0} of the trust bundle does not decode: {1}")]
    Root(usize, webpki::Error),
}

/// Whose roots these are.
#[derive(Clone)]
pub(super) enum Authority {
    /// No one's yet: nothing verifies.
    Nobody,
    /// Delian's own: an intermediate speaks for its datacenter only.
    Federation(TrustDomain),
    /// The operator's own PKI (`ca_file`): its intermediates name no datacenter, so only the leaf is looked at.
    Configured,
}

impl Trust {
    /// Before the CA exists: every verification fails with [`super::PeerRefused::NoTrust`].
    pub fn nobody() -> Self {
        Self { authority: Authority::Nobody, anchors: Vec::new() }
    }

    /// The federation's roots, all of the bundle.
    pub fn federation(trust_domain: TrustDomain, roots: &[CertificateDer<'_>]) -> Result<Self, InvalidTrust> {
        Ok(Self { authority: Authority::Federation(trust_domain), anchors: anchors(roots)? })
    }

    /// Roots from the `tls` stanza; they take the place of the federation's.
    pub fn configured(roots: &[CertificateDer<'_>]) -> Result<Self, InvalidTrust> {
        Ok(Self { authority: Authority::Configured, anchors: anchors(roots)? })
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }
}

fn anchors(roots: &[CertificateDer<'_>]) -> Result<Vec<TrustAnchor<'static>>, InvalidTrust> {
    match roots.len() {
        0 => return Err(InvalidTrust::Empty),
        1..=MAX_ROOTS => {}
        more => return Err(InvalidTrust::TooMany(more)),
    }
    let anchor =
        |(at, root)| webpki::anchor_from_trusted_cert(root).map(|anchor| anchor.to_owned()).map_err(|error| InvalidTrust::Root(at, error));
    roots.iter().enumerate().map(anchor).collect()
}

const MAX_ROOTS: usize = 256;
