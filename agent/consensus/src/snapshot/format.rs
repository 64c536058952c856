//! The header of a snapshot.

use crate::message::{Malformed, SnapshotMetaRecord, decode};
use prost::Message;

/// Bytes of the body in one chunk, in the file and on the wire: with its checksum, a message of 256 KiB.
pub(crate) const CHUNK: usize = (256 << 10) - 4;

pub(super) const FIXED: usize = 28;
const MAGIC: &[u8; 8] = b"DELNSNAP";
const VERSION: u32 = 1;
/// A header is read before its checksum is known: this bounds what is read.
const MAX_META: usize = 1 << 20;
const WHAT: &str = "snapshot header";

/// What stands before the body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) meta: SnapshotMetaRecord,
    /// Bytes of the body.
    pub(crate) length: u64,
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let meta = self.meta.encode_to_vec();
        let mut out = Vec::with_capacity(FIXED + meta.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&u32::try_from(meta.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(&out), &meta);
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(&meta);
        out
    }

    /// The bytes of the meta record that follow this fixed part.
    pub(super) fn meta_len(fixed: &[u8; FIXED]) -> Result<usize, Malformed> {
        if &fixed[..8] != MAGIC {
            return Err(Malformed::new(WHAT, "it does not begin with DELNSNAP"));
        }
        let version = word(fixed, 8);
        if version != VERSION {
            return Err(Malformed::new(WHAT, format_args!("format version {version}, this build reads {VERSION}")));
        }
        match word(fixed, 12) as usize {
            len if len <= MAX_META => Ok(len),
            len => Err(Malformed::new(WHAT, format_args!("a meta record of {len} bytes, at most {MAX_META} make sense"))),
        }
    }

    pub(super) fn decode(fixed: &[u8; FIXED], meta: &[u8]) -> Result<Self, Malformed> {
        let (expected, found) = (word(fixed, 24), crc32c::crc32c_append(crc32c::crc32c(&fixed[..24]), meta));
        if expected != found {
            return Err(Malformed::new(WHAT, format_args!("checksum {found:08x} where {expected:08x} was written")));
        }
        let length = u64::from(word(fixed, 16)) | u64::from(word(fixed, 20)) << 32;
        Ok(Self { meta: decode(WHAT, meta)?, length })
    }
}

/// The `u32` at an offset of the fixed part.
fn word(fixed: &[u8; FIXED], at: usize) -> u32 {
    u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]])
}
