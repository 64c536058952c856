//! One gossip key.

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::aes::Aes192;
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm};
use sha2::{Digest, Sha256};

/// A key of 16, 24 or 32 bytes, selecting AES-128, AES-192 or AES-256. Prints only its id.
#[derive(Clone)]
pub struct GossipKey {
    bytes: Vec<u8>,
    id: [u8; 4],
    cipher: Cipher,
}

/// A key of another length than 16, 24 or 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key size must be 16, 24 or 32 bytes, not {0}")]
pub struct KeyError(pub usize);

#[derive(Clone)]
enum Cipher {
    Aes128(Box<Aes128Gcm>),
    Aes192(Box<AesGcm<Aes192, U12>>),
    Aes256(Box<Aes256Gcm>),
}

impl GossipKey {
    /// Takes raw key bytes (base64-decoded `encrypt`).
    ///
    /// # Errors
    /// [`KeyError`] for any other length than 16, 24 or 32.
    pub fn new(bytes: &[u8]) -> Result<Self, KeyError> {
        let wrong = |_| KeyError(bytes.len());
        let cipher = match bytes.len() {
            16 => Cipher::Aes128(Box::new(KeyInit::new_from_slice(bytes).map_err(wrong)?)),
            24 => Cipher::Aes192(Box::new(KeyInit::new_from_slice(bytes).map_err(wrong)?)),
            32 => Cipher::Aes256(Box::new(KeyInit::new_from_slice(bytes).map_err(wrong)?)),
            other => return Err(KeyError(other)),
        };
        let digest = Sha256::digest(bytes);
        let id = [digest[0], digest[1], digest[2], digest[3]];
        Ok(Self { bytes: bytes.to_vec(), id, cipher })
    }

    /// The raw bytes, for showing to an operator with `keyring:read` and for the keyring file.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn id(&self) -> [u8; 4] {
        self.id
    }

    pub(super) fn encrypt(&self, nonce: [u8; 12], msg: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
        let (nonce, payload) = (nonce.into(), Payload { msg, aad });
        match &self.cipher {
            Cipher::Aes128(cipher) => cipher.encrypt(&nonce, payload),
            Cipher::Aes192(cipher) => cipher.encrypt(&nonce, payload),
            Cipher::Aes256(cipher) => cipher.encrypt(&nonce, payload),
        }
        .ok()
    }

    pub(super) fn decrypt(&self, nonce: [u8; 12], msg: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
        let (nonce, payload) = (nonce.into(), Payload { msg, aad });
        match &self.cipher {
            Cipher::Aes128(cipher) => cipher.decrypt(&nonce, payload),
            Cipher::Aes192(cipher) => cipher.decrypt(&nonce, payload),
            Cipher::Aes256(cipher) => cipher.decrypt(&nonce, payload),
        }
        .ok()
    }
}

impl PartialEq for GossipKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for GossipKey {}

impl std::fmt::Debug for GossipKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "GossipKey({:02x}{:02x}{:02x}{:02x})", self.id[0], self.id[1], self.id[2], self.id[3])
    }
}
