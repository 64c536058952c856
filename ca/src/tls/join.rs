//! The proof with which a stranger and a member show each other that they hold the same secret.
//!
//! Both send `HMAC-SHA256(secret, label ‖ exporter ‖ claims)` over a connection of `delian-join/1`. The exporter
//! (RFC 8446, 7.5) differs in every TLS session, so a proof that someone in the middle relays into his own session
//! does not verify there; the roles differ, so a proof sent back does not verify either.

use aws_lc_rs::hmac;

use crate::SpkiHash;
use crate::spiffe::DcName;

/// The label under which both sides export [`Exporter::LEN`] bytes of keying material, without a context.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-delian-join-1";

/// Keying material of the session; secret to its two ends. No `Debug`.
pub struct Exporter([u8; Self::LEN]);

/// What both sides must hold: the gossip key, or an invitation's token. No `Debug`.
pub struct JoinSecret(hmac::Key);

/// A secret that could be guessed from a recorded proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a join secret of {0} bytes; {min} are required", min = JoinSecret::MIN)]
pub struct ShortSecret(usize);

/// Who proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinRole {
    /// The gateway that called as a stranger.
    Joiner,
    /// The gateway that was called.
    Member,
}

/// What a proof says beside "I hold the secret". Both sides fill it in from what they know themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinClaims<'a> {
    /// Who proves.
    pub prover: JoinRole,
    /// The datacenter that wants in.
    pub joiner_dc: &'a DcName,
    /// The datacenter that was called.
    pub member_dc: &'a DcName,
    /// The joiner's node key, as shown in this handshake.
    pub joiner_key: SpkiHash,
    /// Which secret: the gossip key's id, or the invitation's.
    pub secret_id: &'a str,
}

/// The proof is not the right one: another secret, session, role, key or datacenter. Which, it does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the join proof does not verify")]
pub struct ProofRefused;

impl Exporter {
    /// Bytes to export.
    pub const LEN: usize = 32;

    /// From the connection's `export_keying_material` with [`EXPORTER_LABEL`].
    pub fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }
}

impl JoinSecret {
    /// Fewest bytes; the shortest gossip key has as many.
    pub const MIN: usize = 16;

    /// Takes the raw bytes (of a gossip key: decoded, not the base64 text).
    pub fn new(bytes: &[u8]) -> Result<Self, ShortSecret> {
        if bytes.len() < Self::MIN {
            return Err(ShortSecret(bytes.len()));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }
}

/// The proof to send.
pub fn join_proof(secret: &JoinSecret, exporter: &Exporter, claims: &JoinClaims<'_>) -> [u8; 32] {
    let tag = hmac::sign(&secret.0, &message(exporter, claims));
    let mut proof = [0; 32];
    proof.copy_from_slice(tag.as_ref());
    proof
}

/// Whether the proof received is the one for these claims in this session; in constant time. `claims.prover` is the
/// other side.
pub fn verify_join_proof(secret: &JoinSecret, exporter: &Exporter, claims: &JoinClaims<'_>, proof: &[u8]) -> Result<(), ProofRefused> {
    hmac::verify(&secret.0, &message(exporter, claims), proof).map_err(|_| ProofRefused)
}

/// Each field behind its length, so that no two claims have the same bytes.
fn message(exporter: &Exporter, claims: &JoinClaims<'_>) -> Vec<u8> {
    let role: &[u8] = match claims.prover {
        JoinRole::Joiner => b"joiner",
        JoinRole::Member => b"member",
    };
    let fields: [&[u8]; 7] = [
        b"delian-join/1 proof",
        &exporter.0,
        role,
        claims.joiner_dc.as_str().as_bytes(),
        claims.member_dc.as_str().as_bytes(),
        claims.joiner_key.as_bytes(),
        claims.secret_id.as_bytes(),
    ];
    let mut message = Vec::with_capacity(256);
    for field in fields {
        message.extend_from_slice(&(field.len() as u64).to_be_bytes());
        message.extend_from_slice(field);
    }
    message
}
