//! The gossip keys of a datacenter: `/v1/operator/keyring`.

use serde::Serialize;
use std::collections::BTreeMap;

/// `GET /v1/operator/keyring`
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct List {}

/// `POST`, `PUT`, `DELETE /v1/operator/keyring`
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct Change {
    /// What to do with the key.
    #[prost(enumeration = "Action", tag = 1)]
    pub action: i32,
    /// The key, in base64.
    #[prost(string, tag = 2)]
    pub key: String,
}

/// What is done with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
pub enum Action {
    /// Nothing that was ever asked for.
    Unknown = 0,
    /// Accept it (`POST`).
    Install = 1,
    /// Encrypt with it (`PUT`).
    Use = 2,
    /// No longer accept it (`DELETE`).
    Remove = 3,
}

/// Greatest body of a change, in bytes.
pub const BODY_LIMIT: usize = 4 * 1024;

impl Change {
    /// The bytes of the key.
    ///
    /// # Errors
    /// Where it is no base64, in Consul's words.
    pub fn raw(&self) -> Result<Vec<u8>, String> {
        crate::http::base64(&self.key).map_err(|at| format!("illegal base64 data at input byte {at}"))
    }
}

/// The key is a secret.
impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change").field("action", &self.action()).finish_non_exhaustive()
    }
}

/// The pools whose keys were listed.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Pools {
    /// The LAN pool of the datacenter asked.
    #[prost(message, repeated, tag = 1)]
    pub pools: Vec<Pool>,
}

/// The keys of one pool.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize)]
#[prost(skip_debug)]
#[serde(rename_all = "PascalCase")]
pub struct Pool {
    /// Whether it is the pool between datacenters: ours has no keys of its own, so no.
    #[prost(bool, tag = 1)]
    #[serde(rename = "WAN")]
    pub wan: bool,
    /// Of which datacenter.
    #[prost(string, tag = 2)]
    pub datacenter: String,
    /// Always empty: there is one segment.
    #[prost(string, tag = 3)]
    pub segment: String,
    /// How many members have each key.
    #[prost(btree_map = "string, uint32", tag = 4)]
    pub keys: BTreeMap<String, u32>,
    /// How many members encrypt with each key.
    #[prost(btree_map = "string, uint32", tag = 5)]
    pub primary_keys: BTreeMap<String, u32>,
    /// How many members were asked.
    #[prost(uint32, tag = 6)]
    pub num_nodes: u32,
}

/// The keys are secrets.
impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (datacenter, num_nodes) = (&self.datacenter, self.num_nodes);
        f.debug_struct("Pool").field("datacenter", datacenter).field("num_nodes", &num_nodes).finish_non_exhaustive()
    }
}
