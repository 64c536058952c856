//! Sealing and opening of what travels.

use bytes::Bytes;

use super::Keyring;

const MAGIC: u8 = 0xDE;
const PLAIN: u8 = 0;
const AES_GCM: u8 = 1;
const HEADER: usize = 6;
const NONCE: usize = 12;
const TAG: usize = 16;

/// Bytes that sealing adds at most.
pub(crate) const OVERHEAD: usize = HEADER + NONCE + TAG;

/// Where a message travels; authenticated with it.
#[derive(Clone, Copy)]
pub(crate) enum Channel {
    Packet,
    Stream,
}

/// Why a message could not be opened. Normal where strangers send, or during a key rotation; it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not a message of ours.
    #[error("not a gossip message")]
    Foreign,
    /// Plaintext where a key is configured.
    #[error("message is not encrypted and encryption is configured")]
    Plaintext,
    /// Encrypted where no key is configured.
    #[error("message is encrypted and encryption is not configured")]
    Encrypted,
    /// No installed key opens it.
    #[error("no installed keys could decrypt the message")]
    WrongKey,
}

/// Keyring and nonce source of one member.
pub(crate) struct Sealer {
    pub(crate) keyring: Keyring,
    pool: String,
    verify_incoming: bool,
    verify_outgoing: bool,
    prefix: u64,
    counter: u32,
}

impl Sealer {
    /// `prefix` must be random per process: it is what keeps nonces of all holders of a key apart.
    pub(crate) fn new(keyring: Keyring, config: &crate::Config, prefix: u64) -> Self {
        Self {
            keyring,
            pool: config.pool.clone(),
            verify_incoming: config.verify_incoming,
            verify_outgoing: config.verify_outgoing,
            prefix,
            counter: 0,
        }
    }

    /// Encrypts with the primary key. `None` cannot happen for messages below AES-GCM's 64 GiB.
    pub(crate) fn seal(&mut self, channel: Channel, body: &[u8]) -> Option<Bytes> {
        if self.keyring.primary().is_none() || !self.verify_outgoing {
            return Some([&[MAGIC, PLAIN], body].concat().into());
        }
        self.seal_secret(channel, body)
    }

    /// Encrypts with the primary key, even where plaintext is allowed. `None` without a key.
    pub(crate) fn seal_secret(&mut self, channel: Channel, body: &[u8]) -> Option<Bytes> {
        let key = self.keyring.primary().cloned()?;
        let id = key.id();
        let header = [MAGIC, AES_GCM, id[0], id[1], id[2], id[3]];
        let nonce = self.nonce();
        let sealed = key.encrypt(nonce, body, &self.context(channel, &header))?;
        Some([&header[..], &nonce, &sealed].concat().into())
    }

    /// Whether `bytes` are encrypted, which plaintext from strangers is not where it is allowed.
    pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
        matches!(bytes, [MAGIC, AES_GCM, ..])
    }

    /// Decrypts with whichever installed key fits.
    pub(crate) fn open(&self, channel: Channel, bytes: &[u8]) -> Result<Vec<u8>, OpenError> {
        match bytes {
            [MAGIC, PLAIN, body @ ..] => {
                if self.verify_incoming && self.keyring.primary().is_some() {
                    return Err(OpenError::Plaintext);
                }
                Ok(body.to_vec())
            }
            [MAGIC, AES_GCM, ..] => self.decrypt(channel, bytes),
            _ => Err(OpenError::Foreign),
        }
    }

    fn decrypt(&self, channel: Channel, bytes: &[u8]) -> Result<Vec<u8>, OpenError> {
        if self.keyring.primary().is_none() {
            return Err(OpenError::Encrypted);
        }
        let (header, rest) = bytes.split_at_checked(HEADER).ok_or(OpenError::Foreign)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(OpenError::Foreign)?;
        let aad = self.context(channel, header);
        self.keyring
            .keys()
            .iter()
            .filter(|key| key.id() == header[2..])
            .find_map(|key| key.decrypt(*nonce, sealed, &aad))
            .ok_or(OpenError::WrongKey)
    }

    fn context(&self, channel: Channel, header: &[u8]) -> Vec<u8> {
        let channel = match channel {
            Channel::Packet => b'p',
            Channel::Stream => b's',
        };
        [header, &[channel], self.pool.as_bytes()].concat()
    }

    fn nonce(&mut self) -> [u8; NONCE] {
        let mut nonce = [0; NONCE];
        nonce[..8].copy_from_slice(&self.prefix.to_be_bytes());
        nonce[8..].copy_from_slice(&self.counter.to_be_bytes());
        match self.counter.checked_add(1) {
            Some(next) => self.counter = next,
            None => (self.prefix, self.counter) = (self.prefix.wrapping_add(1), 0),
        }
        nonce
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Config, GossipKey};

    fn sealer(pool: &str, key: &[u8]) -> Sealer {
        let keyring = Keyring::new([GossipKey::new(key).unwrap()]).unwrap();
        Sealer::new(keyring, &Config { pool: pool.to_owned(), ..Config::lan() }, 7)
    }

    #[test]
    fn opens_only_what_is_meant_for_it() {
        for key in [&[1; 16][..], &[1; 24], &[1; 32]] {
            let mut one = sealer("lan", key);
            let first = one.seal(Channel::Packet, b"hello").unwrap();
            let again = one.seal(Channel::Packet, b"hello").unwrap();
            assert_eq!(first.len(), 5 + OVERHEAD);
            assert_ne!(first, again, "nonces never repeat");
            assert_eq!(one.open(Channel::Packet, &first).unwrap(), b"hello");
            assert_eq!(one.open(Channel::Stream, &first), Err(OpenError::WrongKey));
            assert_eq!(sealer("wan", key).open(Channel::Packet, &first), Err(OpenError::WrongKey));
            assert_eq!(sealer("lan", &[2; 16]).open(Channel::Packet, &first), Err(OpenError::WrongKey));
            assert_eq!(one.open(Channel::Packet, b"\xDE\x00hello"), Err(OpenError::Plaintext));
            for cut in 0..first.len() {
                assert!(one.open(Channel::Packet, &first[..cut]).is_err());
            }
        }
    }

    #[test]
    fn the_nonce_prefix_moves_on_when_the_counter_is_used_up() {
        let mut one = sealer("lan", &[1; 16]);
        one.counter = u32::MAX;
        let last = one.nonce();
        let next = one.nonce();
        assert_eq!((last[7], &last[8..]), (7, &[255; 4][..]));
        assert_eq!((next[7], &next[8..]), (8, &[0; 4][..]));
    }
}
