//! The tables of `raft.db`.

use super::record::{seal, unseal};
use crate::message::Malformed;
use redb::{ReadableTable, TableDefinition};

pub(super) const LOG: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("log");
pub(super) const META: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("meta");

pub(super) const IDENTITY: &str = "identity";
pub(super) const VOTE: &str = "vote";
pub(super) const COMMITTED: &str = "committed";
pub(super) const PURGED: &str = "purged";

/// Reading a value failed, or its bytes make no sense.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Storage(#[from] redb::StorageError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// The record under `key`, if there is one.
pub(super) fn get<M: prost::Message + Default>(
    meta: &impl ReadableTable<&'static str, &'static [u8]>,
    key: &'static str,
) -> Result<Option<M>, ReadError> {
    match meta.get(key)? {
        Some(value) => Ok(Some(unseal(key, value.value())?)),
        None => Ok(None),
    }
}

/// Replaces the record under `key`.
pub(super) fn put(
    meta: &mut redb::Table<'_, &'static str, &'static [u8]>,
    key: &'static str,
    message: &impl prost::Message,
) -> Result<(), redb::StorageError> {
    let mut record = Vec::new();
    seal(message, &mut record);
    meta.insert(key, record.as_slice()).map(|_| ())
}
