//! A service as an agent is told to register it.

use super::CheckDefinition;
use crate::catalog::{Locality, Proxy, ServiceAddress, ServicePort, Weights};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a configuration says of services and checks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definitions {
    /// The services, with checks of their own.
    pub services: Vec<ServiceDefinition>,
    /// Checks besides.
    pub checks: Vec<CheckDefinition>,
}

/// An instance to register on this node: the body of a registration, and a `service` stanza.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[prost(skip_debug)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceDefinition {
    /// Empty, `connect-proxy`, `mesh-gateway`, …
    #[prost(string, tag = 1)]
    pub kind: String,
    /// Unique on its node; empty: the name.
    #[prost(string, tag = 2)]
    #[serde(rename = "ID")]
    pub id: String,
    /// The service it is an instance of.
    #[prost(string, tag = 3)]
    pub name: String,
    /// Tags.
    #[prost(string, repeated, tag = 4)]
    pub tags: Vec<String>,
    /// Its address; empty means that of the node.
    #[prost(string, tag = 5)]
    pub address: String,
    /// A socket in the file system, instead of address and port.
    #[prost(string, tag = 6)]
    pub socket_path: String,
    /// `lan`, `wan`, …
    #[prost(btree_map = "string, message", tag = 7)]
    pub tagged_addresses: BTreeMap<String, ServiceAddress>,
    /// Metadata.
    #[prost(btree_map = "string, string", tag = 8)]
    pub meta: BTreeMap<String, String>,
    /// Its port.
    #[prost(int32, tag = 9)]
    pub port: i32,
    /// Its ports, when it has several.
    #[prost(message, repeated, tag = 10)]
    pub ports: Vec<ServicePort>,
    /// How much of the traffic it should get; unsaid: one to one.
    #[prost(message, optional, tag = 11)]
    pub weights: Option<Weights>,
    /// Whether tags set in the catalog stay when the agent syncs.
    #[prost(bool, tag = 12)]
    pub enable_tag_override: bool,
    /// The secret it is registered with.
    #[prost(string, tag = 13)]
    pub token: String,
    /// A check of it.
    #[prost(message, optional, tag = 14)]
    pub check: Option<CheckDefinition>,
    /// More of them.
    #[prost(message, repeated, tag = 15)]
    pub checks: Vec<CheckDefinition>,
    /// What it is a proxy of, and how.
    #[prost(message, optional, tag = 16)]
    pub proxy: Option<Proxy>,
    /// Its own part in the mesh.
    #[prost(message, optional, tag = 17)]
    pub connect: Option<ConnectDefinition>,
    /// Where it stands.
    #[prost(message, optional, tag = 18)]
    pub locality: Option<Locality>,
}

impl ServiceDefinition {
    /// What it is found by: its id, or else its name.
    #[must_use]
    pub fn key(&self) -> &str {
        if self.id.is_empty() { &self.name } else { &self.id }
    }
}

/// An instance's own part in the mesh.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ConnectDefinition {
    /// It speaks the mesh's TLS itself, without a proxy.
    #[prost(bool, tag = 1)]
    pub native: bool,
    /// A proxy to register beside it.
    #[prost(message, optional, boxed, tag = 2)]
    pub sidecar_service: Option<Box<ServiceDefinition>>,
}

/// It can hold a secret: only what it is called is shown.
impl std::fmt::Debug for ServiceDefinition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceDefinition").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}
