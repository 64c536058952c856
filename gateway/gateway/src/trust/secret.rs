//! What entitles a datacenter to join: possession of the federation's gossip key, or `-dev`.

use std::fmt;

use ca::SpkiHash;
use ca::spiffe::DcName;
use ca::tls::{Exporter, JoinClaims, JoinRole, JoinSecret, ShortSecret, join_proof, verify_join_proof};
use members::GossipKey;
use sha2::{Digest, Sha256};

/// What this gateway can prove, and asks others to prove.
pub(crate) enum Secret {
    /// The gossip key.
    Key {
        /// The key itself.
        key: Box<JoinSecret>,
        /// Names it without telling anything of it.
        id: String,
    },
    /// `-dev` without a key: anyone may join, and anywhere may be joined.
    Open,
    /// No key: nobody may join, and nowhere may be joined.
    Missing,
}

/// Why a join is refused, by either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SecretError {
    /// This side has nothing to prove or to check with.
    #[error("joining datacenters needs a gossip key (`encrypt`) on both sides; this gateway has none")]
    Missing,
    /// The other side has shown none.
    #[error("the other side has no gossip key (`encrypt`); this federation requires one")]
    Unproven,
    /// This side has none, but the other requires one.
    #[error("the other side requires a gossip key (`encrypt`); this gateway has none")]
    Required,
    /// The other side has another key, or stands between the two.
    #[error("the other side has another gossip key (`encrypt`)")]
    Another,
}

/// Both ends of one join, as each knows them for itself.
pub(crate) struct Ends<'a> {
    pub(crate) joiner_dc: &'a DcName,
    pub(crate) member_dc: &'a DcName,
    pub(crate) joiner_key: SpkiHash,
}

impl Secret {
    /// # Errors
    /// Not expected: a gossip key is long enough.
    pub(crate) fn new(key: Option<&GossipKey>, dev: bool) -> Result<Self, ShortSecret> {
        let Some(key) = key else { return Ok(if dev { Self::Open } else { Self::Missing }) };
        let digest = Sha256::new().chain_update(b"delian-join/1 secret id").chain_update(key.secret()).finalize();
        let id = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self::Key { key: Box::new(JoinSecret::new(key.secret())?), id })
    }

    /// Its id; empty for none.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Key { id, .. } => id,
            Self::Open | Self::Missing => "",
        }
    }

    /// Our proof for the other side; empty when we have no secret and need none.
    ///
    /// # Errors
    /// [`SecretError::Missing`].
    pub(crate) fn prove(&self, prover: JoinRole, ends: &Ends<'_>, exporter: &link::Exporter) -> Result<Vec<u8>, SecretError> {
        match self {
            Self::Missing => Err(SecretError::Missing),
            Self::Open => Ok(Vec::new()),
            Self::Key { key, id } => Ok(join_proof(key, &Exporter::new(*exporter.as_bytes()), &ends.claims(prover, id)).to_vec()),
        }
    }

    /// Checks the proof of the other side.
    ///
    /// # Errors
    /// [`SecretError`].
    pub(crate) fn check(&self, prover: JoinRole, ends: &Ends<'_>, exporter: &link::Exporter, proof: &[u8]) -> Result<(), SecretError> {
        match (self, proof.is_empty()) {
            (Self::Missing, _) => Err(SecretError::Missing),
            (Self::Open, true) => Ok(()),
            (Self::Open, false) => Err(SecretError::Required),
            (Self::Key { .. }, true) => Err(SecretError::Unproven),
            (Self::Key { key, id }, false) => {
                let exporter = Exporter::new(*exporter.as_bytes());
                verify_join_proof(key, &exporter, &ends.claims(prover, id), proof).map_err(|_| SecretError::Another)
            }
        }
    }

    /// Whether someone with the secret of this id may be welcomed at all: says early, and clearly, what a proof would only fail at.
    ///
    /// # Errors
    /// [`SecretError`].
    pub(crate) fn suits(&self, theirs: &str) -> Result<(), SecretError> {
        match self {
            Self::Missing => Err(SecretError::Missing),
            Self::Open if theirs.is_empty() => Ok(()),
            Self::Open => Err(SecretError::Required),
            Self::Key { .. } if theirs.is_empty() => Err(SecretError::Unproven),
            Self::Key { id, .. } if id != theirs => Err(SecretError::Another),
            Self::Key { .. } => Ok(()),
        }
    }
}

impl<'a> Ends<'a> {
    fn claims(&self, prover: JoinRole, secret_id: &'a str) -> JoinClaims<'a>
    where
        Self: 'a,
    {
        JoinClaims { prover, joiner_dc: self.joiner_dc, member_dc: self.member_dc, joiner_key: self.joiner_key, secret_id }
    }
}

/// Only which kind it is.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key { .. } => "Secret::Key",
            Self::Open => "Secret::Open",
            Self::Missing => "Secret::Missing",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_the_same_secret_suits() {
        let key = |byte: u8| Secret::new(Some(&GossipKey::new(&[byte; 32]).unwrap()), false).unwrap();
        let (open, missing) = (Secret::new(None, true).unwrap(), Secret::new(None, false).unwrap());
        assert_eq!(key(1).suits(key(1).id()), Ok(()));
        assert_eq!(key(1).suits(key(2).id()), Err(SecretError::Another));
        assert_eq!(key(1).suits(""), Err(SecretError::Unproven));
        assert_eq!((open.suits(""), open.suits("x")), (Ok(()), Err(SecretError::Required)));
        assert_eq!(missing.suits(""), Err(SecretError::Missing));
        assert!(!format!("{:?}", key(1)).contains("01"));
    }
}
