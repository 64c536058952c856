//! Keyring operations, here and asked of another member.
//!
//! Keys travel sealed or not at all, even where plaintext is allowed: a request or a reply in plaintext is not taken.
//! Whoever holds a key of the pool may ask; a member obeys whom it can read.

use bytes::Bytes;

use super::{Members, StreamError};
use crate::crypt::{OpenError, Sealer};
use crate::wire::Body;
use crate::{Effect, GossipKey, KeyringError, KeyringOp};

impl Members {
    /// Does `op` on our own keyring. Returns the keys after it, the one in use first.
    ///
    /// # Errors
    /// [`KeyringError`]; the keyring stays as it was.
    pub fn keyring(&mut self, op: &KeyringOp) -> Result<Vec<GossipKey>, KeyringError> {
        self.sealer.keyring.apply(op)?;
        Ok(self.keys().to_vec())
    }

    /// What to send on streams to other members, to have them do `op`; each reply is for
    /// [`handle_keyring_reply`](Self::handle_keyring_reply).
    ///
    /// # Errors
    /// [`KeyringError::Empty`] or [`KeyringError::Disabled`] without a key: there is nothing to ask about then.
    pub fn keyring_request(&mut self, op: &KeyringOp) -> Result<Bytes, KeyringError> {
        let without = if *op == KeyringOp::List { KeyringError::Empty } else { KeyringError::Disabled };
        self.seal_stream(Body::KeyringRequest(op.clone())).ok_or(without)
    }

    /// Reads a reply: the keys of that member after the operation, the one in use first.
    ///
    /// # Errors
    /// [`StreamError::Refused`] if that member did not do it, with its reason; others for a reply that is none.
    pub fn handle_keyring_reply(&self, bytes: &[u8]) -> Result<Vec<GossipKey>, StreamError> {
        match self.open_stream(bytes)?.body {
            Body::KeyringReply(keys) if Sealer::is_sealed(bytes) => Ok(keys),
            Body::KeyringReply(_) => Err(OpenError::Plaintext.into()),
            Body::Refused(reason) => Err(StreamError::Refused(reason)),
            _ => Err(StreamError::Unexpected),
        }
    }

    pub(super) fn answer_keyring(&mut self, op: &KeyringOp, sealed: bool) -> Result<Body, StreamError> {
        if !sealed {
            return Err(OpenError::Plaintext.into());
        }
        Ok(match self.keyring(op) {
            Ok(keys) => {
                if *op != KeyringOp::List {
                    self.effects.push_back(Effect::KeyringChanged);
                }
                Body::KeyringReply(keys)
            }
            Err(error) => Body::Refused(error.to_string()),
        })
    }
}
