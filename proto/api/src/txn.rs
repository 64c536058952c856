//! Transactions: `PUT /v1/txn`.

use crate::{catalog, kv};
use serde::Serialize;

/// Most operations in one transaction.
pub const OPERATION_LIMIT: usize = 128;

/// A transaction that only looks.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Read {
    /// What to look at, in order.
    #[prost(message, repeated, tag = 1)]
    pub steps: Vec<Step>,
}

/// A transaction: all of it, or nothing.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Write {
    /// What to do, in order.
    #[prost(message, repeated, tag = 1)]
    pub steps: Vec<Step>,
}

/// One operation of a transaction.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Step {
    /// What it is about: exactly one is set.
    #[prost(oneof = "Subject", tags(1, 2, 3, 4, 5))]
    pub subject: Option<Subject>,
}

/// What an operation of a transaction is about.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Subject {
    /// A key, or a prefix.
    #[prost(message, tag = 1)]
    Kv(KvStep),
    /// A node.
    #[prost(message, tag = 2)]
    Node(NodeStep),
    /// A service instance.
    #[prost(message, tag = 3)]
    Service(ServiceStep),
    /// A check.
    #[prost(message, tag = 4)]
    Check(CheckStep),
    /// Nothing that we know: it fails, whatever the state, and this says why.
    #[prost(string, tag = 5)]
    Unknown(String),
}

/// An operation on keys.
#[derive(Clone, PartialEq, prost::Message)]
pub struct KvStep {
    /// `set`, `cas`, `lock`, `unlock`, `get`, `get-or-empty`, `get-tree`, `check-index`, `check-session`, `check-not-exists`,
    /// `delete`, `delete-tree`, `delete-cas`.
    #[prost(enumeration = "KvVerb", tag = 1)]
    pub verb: i32,
    /// Which key, or prefix.
    #[prost(string, tag = 2)]
    pub key: String,
    /// What it is to hold.
    #[prost(bytes = "bytes", tag = 3)]
    pub value: bytes::Bytes,
    /// Opaque to us.
    #[prost(uint64, tag = 4)]
    pub flags: u64,
    /// For `cas`, `check-index`, `delete-cas`.
    #[prost(uint64, tag = 5)]
    pub index: u64,
    /// For `lock`, `unlock`, `check-session`.
    #[prost(string, tag = 6)]
    pub session: String,
}

/// What to do with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
#[allow(missing_docs, reason = "Consul's verbs, said in KvStep")]
pub enum KvVerb {
    Set = 0,
    Cas = 1,
    Lock = 2,
    Unlock = 3,
    Get = 4,
    GetOrEmpty = 5,
    GetTree = 6,
    CheckIndex = 7,
    CheckSession = 8,
    CheckNotExists = 9,
    Delete = 10,
    DeleteTree = 11,
    DeleteCas = 12,
}

impl KvVerb {
    /// Consul's word for it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "set" => Self::Set,
            "cas" => Self::Cas,
            "lock" => Self::Lock,
            "unlock" => Self::Unlock,
            "get" => Self::Get,
            "get-or-empty" => Self::GetOrEmpty,
            "get-tree" => Self::GetTree,
            "check-index" => Self::CheckIndex,
            "check-session" => Self::CheckSession,
            "check-not-exists" => Self::CheckNotExists,
            "delete" => Self::Delete,
            "delete-tree" => Self::DeleteTree,
            "delete-cas" => Self::DeleteCas,
            _ => return None,
        })
    }

    /// Whether it only looks.
    #[must_use]
    pub fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::GetOrEmpty | Self::GetTree | Self::CheckIndex | Self::CheckSession | Self::CheckNotExists)
    }
}

/// What to do with a node, a service instance or a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
#[allow(missing_docs, reason = "Consul's verbs")]
pub enum Verb {
    Set = 0,
    Cas = 1,
    Get = 2,
    Delete = 3,
    DeleteCas = 4,
}

impl Verb {
    /// Consul's word for it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "set" => Self::Set,
            "cas" => Self::Cas,
            "get" => Self::Get,
            "delete" => Self::Delete,
            "delete-cas" => Self::DeleteCas,
            _ => return None,
        })
    }
}

/// An operation on a node.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NodeStep {
    /// What to do.
    #[prost(enumeration = "Verb", tag = 1)]
    pub verb: i32,
    /// The node; `modify_index` is what `cas` compares.
    #[prost(message, optional, tag = 2)]
    pub node: Option<catalog::NodeRow>,
}

/// An operation on a service instance.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServiceStep {
    /// What to do.
    #[prost(enumeration = "Verb", tag = 1)]
    pub verb: i32,
    /// On which node.
    #[prost(string, tag = 2)]
    pub node: String,
    /// The instance; `modify_index` is what `cas` compares.
    #[prost(message, optional, tag = 3)]
    pub service: Option<catalog::ServiceRow>,
}

/// An operation on a check.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CheckStep {
    /// What to do.
    #[prost(enumeration = "Verb", tag = 1)]
    pub verb: i32,
    /// The check; `modify_index` is what `cas` compares.
    #[prost(message, optional, tag = 2)]
    pub check: Option<catalog::CheckRow>,
}

/// What came of a transaction: results, or (when it was rolled back) what failed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Outcome {
    /// One for each operation that has a result.
    #[prost(message, repeated, tag = 1)]
    pub results: Vec<Found>,
    /// Every operation that failed.
    #[prost(message, repeated, tag = 2)]
    pub errors: Vec<Failure>,
}

/// One result.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Found {
    /// What it is.
    #[prost(oneof = "Item", tags(1, 2, 3, 4))]
    pub item: Option<Item>,
}

/// What a result is.
#[derive(Clone, PartialEq, prost::Oneof, Serialize)]
pub enum Item {
    /// A key.
    #[prost(message, tag = 1)]
    #[serde(rename = "KV")]
    Kv(kv::Entry),
    /// A node.
    #[prost(message, tag = 2)]
    Node(catalog::NodeRow),
    /// A service instance.
    #[prost(message, tag = 3)]
    Service(catalog::ServiceRow),
    /// A check.
    #[prost(message, tag = 4)]
    Check(catalog::CheckRow),
}

/// One failure.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Failure {
    /// Which operation.
    #[prost(uint32, tag = 1)]
    pub op_index: u32,
    /// Why.
    #[prost(string, tag = 2)]
    pub what: String,
}
