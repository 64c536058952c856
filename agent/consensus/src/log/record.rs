//! Framing of every value in `raft.db`: checksum, version, message.

use crate::message::{Malformed, decode};
use bytes::Bytes;

const VERSION: u8 = 1;
const HEADER: usize = 5;

/// Writes the record of `message` into `into`, replacing what was there.
pub(super) fn seal(message: &impl prost::Message, into: &mut Vec<u8>) {
    into.clear();
    into.extend_from_slice(&[0, 0, 0, 0, VERSION]);
    // A Vec grows: encoding into it cannot fail.
    let _ = message.encode(into);
    let crc = crc32c::crc32c(&into[4..]);
    into[..4].copy_from_slice(&crc.to_le_bytes());
}

/// Reads a record back.
pub(super) fn unseal<M: prost::Message + Default>(what: &'static str, record: &[u8]) -> Result<M, Malformed> {
    let (Some((crc, rest)), true) = (record.split_first_chunk::<4>(), record.len() >= HEADER) else {
        return Err(Malformed::new(what, format_args!("{} bytes, shorter than a header", record.len())));
    };
    let (expected, found) = (u32::from_le_bytes(*crc), crc32c::crc32c(rest));
    if expected != found {
        return Err(Malformed::new(what, format_args!("checksum {found:08x} where {expected:08x} was written")));
    }
    if rest[0] != VERSION {
        return Err(Malformed::new(what, format_args!("format version {}, this build reads {VERSION}", rest[0])));
    }
    // One copy, and the body of a proposal is then a slice of it.
    decode(what, Bytes::copy_from_slice(&rest[1..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Proposal;
    use crate::message::EntryRecord;
    use crate::types::{Entry, Payload, log_id};

    fn entry() -> Entry {
        let proposal = Proposal { stamp_ms: 1_500, seed: 7, body: Bytes::from_static(b"put"), unix_ms: 1_700_000_000_000 };
        Entry { log_id: log_id(3, 42), payload: Payload::Normal(proposal) }
    }

    /// The bytes of a log entry are for ever: a later build must read what this one wrote.
    #[test]
    fn golden_entry() {
        let mut bytes = Vec::new();
        seal(&EntryRecord::from(&entry()), &mut bytes);
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "41d3b66a010803102a221808dc0b1107000000000000001a037075742080d095ffbc31");
        assert_eq!(unseal::<EntryRecord>("log entry", &bytes).unwrap().into_entry().unwrap(), entry());
    }

    #[test]
    fn damage_is_named() {
        let mut bytes = Vec::new();
        seal(&EntryRecord::from(&entry()), &mut bytes);
        for cut in 0..bytes.len() {
            assert!(unseal::<EntryRecord>("log entry", &bytes[..cut]).is_err());
        }
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 0x40;
            assert!(unseal::<EntryRecord>("log entry", &bad).is_err(), "byte {at}");
        }
    }
}
