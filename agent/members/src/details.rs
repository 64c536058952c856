//! What belongs to an instance beside its identity: name, tags, key. It travels on streams, only its version is gossiped.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;

/// Longest node name in bytes.
pub const NAME_MAX: usize = 128;
/// Most tags of a member.
pub const TAGS_MAX: usize = 64;
/// Longest sum of tag keys and values in bytes.
pub const TAG_BYTES_MAX: usize = 4096;
/// Longest public key (DER) in bytes; X25519MLKEM and ML-DSA keys fit.
const SPKI_MAX: usize = 4096;

/// This process as it introduces itself to the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// Node name; in the WAN pool `<node>.<dc>`.
    pub name: String,
    /// The address others reach us at (the advertised one).
    pub addr: SocketAddr,
    /// max(last persisted + 1, Unix time in seconds).
    pub generation: u64,
    /// Tags as Consul names them (`role`, `dc`, `id`, …).
    pub tags: BTreeMap<String, String>,
    /// Subject public key info (DER) that peers pin before certificates exist; may be empty.
    pub spki: Bytes,
}

/// Why a member's details were refused. The state is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DetailsError {
    /// Empty, longer than [`NAME_MAX`], or with a character outside letters, digits, `-`, `_` and `.`.
    #[error("invalid node name {0:?}: need 1 to {NAME_MAX} letters, digits, '-', '_' or '.'")]
    Name(String),
    /// More than [`TAGS_MAX`] tags, or more than [`TAG_BYTES_MAX`] bytes of them.
    #[error("tags of {0:?} are too many or too long: {1} tags, {2} bytes")]
    Tags(String, usize, usize),
    /// The key is longer than any we know.
    #[error("public key of {0:?} is too long: {1} bytes")]
    Key(String, usize),
}

/// Versioned details of one instance. Valid by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Details {
    /// Grows with every change by its owner.
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) spki: Bytes,
}

impl Details {
    pub(crate) fn new(version: u32, name: String, tags: BTreeMap<String, String>, spki: Bytes) -> Result<Self, DetailsError> {
        let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(named) {
            return Err(DetailsError::Name(name));
        }
        let bytes = tags.iter().map(|(key, value)| key.len() + value.len()).sum();
        if tags.len() > TAGS_MAX || bytes > TAG_BYTES_MAX {
            return Err(DetailsError::Tags(name, tags.len(), bytes));
        }
        if spki.len() > SPKI_MAX {
            return Err(DetailsError::Key(name, spki.len()));
        }
        Ok(Self { version, name, tags, spki })
    }
}
