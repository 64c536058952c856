//! Instances of services.

use super::{Locality, Proxy};
use crate::http::null_if_empty;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind of an instance that is another's sidecar.
pub const CONNECT_PROXY: &str = "connect-proxy";

/// An instance of a service on a node: the reply, the snapshot row and the JSON object are this one struct.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceRow {
    /// Empty, `connect-proxy`, `mesh-gateway`, …; what we do not know is kept as it is.
    #[prost(string, tag = 1)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Unique on its node.
    #[prost(string, tag = 2)]
    #[serde(rename = "ID")]
    pub id: String,
    /// The service it is an instance of.
    #[prost(string, tag = 3)]
    pub service: String,
    /// Tags.
    #[prost(string, repeated, tag = 4)]
    pub tags: Vec<String>,
    /// Its address; empty means that of the node.
    #[prost(string, tag = 5)]
    pub address: String,
    /// A socket in the file system, instead of address and port.
    #[prost(string, tag = 13)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub socket_path: String,
    /// `lan`, `wan`, …
    #[prost(btree_map = "string, message", tag = 6)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tagged_addresses: BTreeMap<String, ServiceAddress>,
    /// Metadata.
    #[prost(btree_map = "string, string", tag = 7)]
    #[serde(serialize_with = "null_if_empty")]
    pub meta: BTreeMap<String, String>,
    /// Its port.
    #[prost(int32, tag = 8)]
    pub port: i32,
    /// Its ports, when it has several.
    #[prost(message, repeated, tag = 14)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
    /// How much of the traffic it should get. In the catalog it always has weights.
    #[prost(message, required, tag = 9)]
    pub weights: Weights,
    /// Whether tags set in the catalog stay when the agent syncs.
    #[prost(bool, tag = 10)]
    pub enable_tag_override: bool,
    /// What it is a proxy of, and how.
    #[prost(message, required, tag = 11)]
    pub proxy: Proxy,
    /// Its own part in the mesh.
    #[prost(message, required, tag = 12)]
    pub connect: Connect,
    /// Where it stands.
    #[prost(message, optional, tag = 15)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<Locality>,
    /// Index of its creation.
    #[prost(uint64, tag = 20)]
    pub create_index: u64,
    /// Index of its last change.
    #[prost(uint64, tag = 21)]
    pub modify_index: u64,
}

impl ServiceRow {
    /// The service that can be reached through this instance over the mesh: what a proxy stands before, or a native one itself.
    #[must_use]
    pub fn mesh_destination(&self) -> Option<&str> {
        if self.kind == CONNECT_PROXY { Some(&self.proxy.destination_service_name) } else { self.connect.native.then_some(&*self.service) }
    }

    /// Whether this is a gateway of one of the kinds there are.
    #[must_use]
    pub fn is_gateway(&self) -> bool {
        matches!(&*self.kind, "mesh-gateway" | "terminating-gateway" | "ingress-gateway" | "api-gateway")
    }
}

/// An address by which an instance can be reached.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceAddress {
    /// IP address or host name.
    #[prost(string, tag = 1)]
    pub address: String,
    /// Port.
    #[prost(int32, tag = 2)]
    pub port: i32,
}

/// One of several ports.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServicePort {
    /// What it is called.
    #[prost(string, tag = 1)]
    pub name: String,
    /// The port.
    #[prost(int32, tag = 2)]
    pub port: i32,
    /// Whether it is the one to take when nobody says which.
    #[prost(bool, tag = 3)]
    pub default: bool,
}

/// Shares of traffic, by health.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Weights {
    /// While all checks pass.
    #[prost(int32, tag = 1)]
    pub passing: i32,
    /// While some warn.
    #[prost(int32, tag = 2)]
    pub warning: i32,
}

impl Weights {
    /// These, or one to one when they are none at all, or out of DNS's bounds.
    #[must_use]
    pub fn or_even(self) -> Self {
        let fits = self.passing >= 1 && [self.passing, self.warning].iter().all(|weight| (0..=65535).contains(weight));
        if fits { self } else { Self { passing: 1, warning: 1 } }
    }
}

/// An instance's own part in the mesh.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Connect {
    /// It speaks the mesh's TLS itself, without a proxy.
    #[prost(bool, tag = 1)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub native: bool,
}
