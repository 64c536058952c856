//! What tells one state of an instance from another.

use api::catalog::ServiceRow;
use prost::Message;

/// FNV-1a over the row's bytes, which are the same for the same row: its maps are ordered.
pub(crate) fn of(row: &ServiceRow) -> String {
    let hash = row
        .encode_to_vec()
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:x}")
}
