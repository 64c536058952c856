//! Keys and values: `/v1/kv/{key}`.

use bytes::Bytes;
use serde::Serialize;

/// Greatest value, in bytes, unless `limits.kv_max_value_size` says otherwise.
pub const VALUE_LIMIT: usize = 512 * 1024;

/// `GET /v1/kv/{key}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Get {
    /// Which key.
    #[prost(string, tag = 1)]
    pub key: String,
}

/// `GET /v1/kv/{prefix}?recurse`
#[derive(Clone, PartialEq, prost::Message)]
pub struct List {
    /// All keys that begin with this.
    #[prost(string, tag = 1)]
    pub prefix: String,
}

/// `GET /v1/kv/{prefix}?keys`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Keys {
    /// All keys that begin with this,
    #[prost(string, tag = 1)]
    pub prefix: String,
    /// cut after the first of these behind the prefix, unless it is empty.
    #[prost(string, tag = 2)]
    pub separator: String,
}

/// `PUT /v1/kv/{key}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Put {
    /// Which key.
    #[prost(string, tag = 1)]
    pub key: String,
    /// What it is to hold.
    #[prost(bytes = "bytes", tag = 2)]
    pub value: Bytes,
    /// Opaque to us.
    #[prost(uint64, tag = 3)]
    pub flags: u64,
    /// Only if the key's `ModifyIndex` is this; 0 only if there is no such key.
    #[prost(uint64, optional, tag = 4)]
    pub cas: Option<u64>,
    /// Lock the key for this session.
    #[prost(string, optional, tag = 5)]
    pub acquire: Option<String>,
    /// Unlock the key, if this session holds it.
    #[prost(string, optional, tag = 6)]
    pub release: Option<String>,
}

/// `DELETE /v1/kv/{key}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Delete {
    /// Which key, or prefix.
    #[prost(string, tag = 1)]
    pub key: String,
    /// Everything that begins with it.
    #[prost(bool, tag = 2)]
    pub recurse: bool,
    /// Only if the key's `ModifyIndex` is this; 0 never deletes.
    #[prost(uint64, optional, tag = 3)]
    pub cas: Option<u64>,
}

/// Forgets tombstones of deletes older than a stamp. The leader proposes it; nobody else can.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Reap {
    /// State clock, in milliseconds.
    #[prost(uint64, tag = 1)]
    pub before_ms: u64,
}

/// A stored key: the reply, the snapshot row and the JSON object are this one struct.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    /// How often a session acquired it.
    #[prost(uint64, tag = 1)]
    pub lock_index: u64,
    /// Its name.
    #[prost(string, tag = 2)]
    pub key: String,
    /// Opaque to us.
    #[prost(uint64, tag = 3)]
    pub flags: u64,
    /// What it holds; `null` in JSON when empty.
    #[prost(bytes = "bytes", tag = 4)]
    #[serde(serialize_with = "crate::http::base64_or_null")]
    pub value: Bytes,
    /// Who holds the lock.
    #[prost(string, tag = 5)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub session: String,
    /// Index of its creation.
    #[prost(uint64, tag = 6)]
    pub create_index: u64,
    /// Index of its last change.
    #[prost(uint64, tag = 7)]
    pub modify_index: u64,
}

/// Entries in key order.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Entries {
    /// The entries.
    #[prost(message, repeated, tag = 1)]
    pub entries: Vec<Entry>,
}

/// Key names in order.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Names {
    /// The names.
    #[prost(string, repeated, tag = 1)]
    pub names: Vec<String>,
}

/// Whether a write did what it was asked; a check-and-set may not.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Applied {
    /// It did.
    #[prost(bool, tag = 1)]
    pub ok: bool,
}
