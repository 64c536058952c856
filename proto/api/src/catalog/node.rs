//! Nodes.

use crate::http::null_if_empty;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A node: the reply, the snapshot row and the JSON object are this one struct.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeRow {
    /// UUID, or empty for a node that has none.
    #[prost(string, tag = 1)]
    #[serde(rename = "ID")]
    pub id: String,
    /// Its name.
    #[prost(string, tag = 2)]
    pub node: String,
    /// IP address or host name.
    #[prost(string, tag = 3)]
    pub address: String,
    /// Its datacenter.
    #[prost(string, tag = 4)]
    pub datacenter: String,
    /// `lan`, `wan`, …
    #[prost(btree_map = "string, string", tag = 5)]
    #[serde(serialize_with = "null_if_empty")]
    pub tagged_addresses: BTreeMap<String, String>,
    /// Metadata.
    #[prost(btree_map = "string, string", tag = 6)]
    #[serde(serialize_with = "null_if_empty")]
    pub meta: BTreeMap<String, String>,
    /// Where it stands.
    #[prost(message, optional, tag = 9)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<Locality>,
    /// Index of its creation.
    #[prost(uint64, tag = 7)]
    pub create_index: u64,
    /// Index of its last change.
    #[prost(uint64, tag = 8)]
    pub modify_index: u64,
}

/// Where a node or an instance stands, in a cloud's terms.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Locality {
    /// E.g. `eu-west-1`.
    #[prost(string, tag = 1)]
    pub region: String,
    /// E.g. `eu-west-1a`.
    #[prost(string, tag = 2)]
    pub zone: String,
}
