//! Keyring operations, here and asked of another member.
//!
//! Keys travel sealed or not at all, even where plaintext is allowed: a request or a reply in plaintext is not taken.
//! Whoever holds a key of the pool may ask; a member obeys whom it can read. A change names the turn that the member told when it was
//! asked for its keys, and each turn is taken once: who recorded a request, perhaps to bring back a key that was given up, cannot have it
//! done again, nor done by another member.

use bytes::Bytes;

use super::{Members, StreamError};
use crate::crypt::{OpenError, Sealer};
use crate::wire::Body;
use crate::{Effect, GossipKey, KeyringError, KeyringOp, KeyringState};

impl Members {
    /// Does `op` on our own keyring. Returns the keys after it, the one in use first.
    ///
    /// # Errors
    /// [`KeyringError`]; the keyring stays as it was.
    pub fn keyring(&mut self, op: &KeyringOp) -> Result<Vec<GossipKey>, KeyringError> {
        self.sealer.keyring.apply(op)?;
        Ok(self.keys().to_vec())
    }

    /// What to send to another member on a stream, to have it do `op`; the reply is for
    /// [`handle_keyring_reply`](Self::handle_keyring_reply). A change names the `turn` of that member's reply to a list.
    ///
    /// # Errors
    /// [`KeyringError::Empty`] or [`KeyringError::Disabled`] without a key: there is nothing to ask about then.
    pub fn keyring_request(&mut self, turn: u64, op: &KeyringOp) -> Result<Bytes, KeyringError> {
        let without = if *op == KeyringOp::List { KeyringError::Empty } else { KeyringError::Disabled };
        self.seal_stream(Body::KeyringRequest { turn, op: op.clone() }).ok_or(without)
    }

    /// Reads a reply: the keyring of that member after the operation.
    ///
    /// # Errors
    /// [`StreamError::Refused`] if that member did not do it, with its reason; others for a reply that is none.
    pub fn handle_keyring_reply(&self, bytes: &[u8]) -> Result<KeyringState, StreamError> {
        match self.open_stream(bytes)?.body {
            Body::KeyringReply(state) if Sealer::is_sealed(bytes) => Ok(state),
            Body::KeyringReply(_) => Err(OpenError::Plaintext.into()),
            Body::Refused(reason) => Err(StreamError::Refused(reason)),
            _ => Err(StreamError::Unexpected),
        }
    }

    pub(super) fn answer_keyring(&mut self, turn: u64, op: &KeyringOp, sealed: bool) -> Result<Body, StreamError> {
        if !sealed {
            return Err(OpenError::Plaintext.into());
        }
        let changes = *op != KeyringOp::List;
        if changes && turn != self.keyring_turn {
            return Ok(Body::Refused("its keyring was changed by another request at the same time".to_owned()));
        }
        if changes {
            // Also by a change that is refused: it might be accepted later.
            self.keyring_turn = self.keyring_turn.wrapping_add(1);
        }
        Ok(match self.keyring(op) {
            Ok(keys) => {
                if changes {
                    self.effects.push_back(Effect::KeyringChanged);
                }
                Body::KeyringReply(KeyringState { turn: self.keyring_turn, keys })
            }
            Err(error) => Body::Refused(error.to_string()),
        })
    }
}
