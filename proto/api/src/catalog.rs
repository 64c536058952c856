//! Nodes, service instances, checks: `/v1/catalog/*`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Greatest body of a registration, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// Which rows of a list to return, and in which order.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Select {
    /// A filter expression (go-bexpr), or empty.
    #[prost(string, tag = 1)]
    pub filter: String,
    /// The node that the nearest are wanted to, or empty.
    #[prost(string, tag = 2)]
    pub near: String,
    /// Metadata that the node must have.
    #[prost(btree_map = "string, string", tag = 3)]
    pub node_meta: BTreeMap<String, String>,
}

/// `GET /v1/catalog/nodes`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Nodes {
    /// Which, in which order.
    #[prost(message, required, tag = 1)]
    pub select: Select,
}

/// `GET /v1/catalog/services`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Services {
    /// Which, in which order.
    #[prost(message, required, tag = 1)]
    pub select: Select,
}

/// `GET /v1/catalog/service/{name}`, and `connect/{name}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Service {
    /// Which service.
    #[prost(string, tag = 1)]
    pub name: String,
    /// Tags that an instance must have, all of them.
    #[prost(string, repeated, tag = 2)]
    pub tags: Vec<String>,
    /// The instances to reach `name` through the mesh: its proxies, and its native instances.
    #[prost(bool, tag = 3)]
    pub connect: bool,
    /// Which, in which order.
    #[prost(message, required, tag = 4)]
    pub select: Select,
}

/// `GET /v1/catalog/node/{name}`, and `node-services/{name}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Node {
    /// Name, id, or at least four digits of the id.
    #[prost(string, tag = 1)]
    pub node: String,
    /// Which of its services.
    #[prost(message, required, tag = 2)]
    pub select: Select,
    /// `node-services`: the services as a list.
    #[prost(bool, tag = 3)]
    pub as_list: bool,
}

/// `GET /v1/catalog/datacenters`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Datacenters {}

/// `PUT /v1/catalog/register`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Register {
    /// The node.
    #[prost(message, optional, tag = 1)]
    pub node: Option<NodeRow>,
    /// Leave the node as it is if it exists.
    #[prost(bool, tag = 2)]
    pub skip_node_update: bool,
    /// An instance on it.
    #[prost(message, optional, tag = 3)]
    pub service: Option<ServiceRow>,
    /// Checks of the node or of its instances.
    #[prost(message, repeated, tag = 4)]
    pub checks: Vec<CheckRow>,
}

/// `PUT /v1/catalog/deregister`: the instance, else the check, else the node.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Deregister {
    /// Which node.
    #[prost(string, tag = 1)]
    pub node: String,
    /// Which instance on it.
    #[prost(string, tag = 2)]
    pub service_id: String,
    /// Which check on it.
    #[prost(string, tag = 3)]
    pub check_id: String,
}

/// Registered or deregistered.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Done {}

/// A node.
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
    pub tagged_addresses: BTreeMap<String, String>,
    /// Metadata.
    #[prost(btree_map = "string, string", tag = 6)]
    pub meta: BTreeMap<String, String>,
    /// Index of its creation.
    #[prost(uint64, tag = 7)]
    pub create_index: u64,
    /// Index of its last change.
    #[prost(uint64, tag = 8)]
    pub modify_index: u64,
}

/// An instance of a service on a node.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceRow {
    /// Empty, `connect-proxy`, `mesh-gateway`, …
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
    /// Metadata.
    #[prost(btree_map = "string, string", tag = 7)]
    pub meta: BTreeMap<String, String>,
    /// Its port.
    #[prost(int32, tag = 8)]
    pub port: i32,
    /// Whether tags set in the catalog stay when the agent syncs.
    #[prost(bool, tag = 10)]
    pub enable_tag_override: bool,
    /// Index of its creation.
    #[prost(uint64, tag = 20)]
    pub create_index: u64,
    /// Index of its last change.
    #[prost(uint64, tag = 21)]
    pub modify_index: u64,
}

/// A check of a node or of an instance on it.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CheckRow {
    /// On which node.
    #[prost(string, tag = 1)]
    pub node: String,
    /// Unique on its node.
    #[prost(string, tag = 2)]
    #[serde(rename = "CheckID")]
    pub check_id: String,
    /// For people.
    #[prost(string, tag = 3)]
    pub name: String,
    /// `passing`, `warning`, `critical`.
    #[prost(string, tag = 4)]
    pub status: String,
    /// For people.
    #[prost(string, tag = 5)]
    pub notes: String,
    /// What the check last said.
    #[prost(string, tag = 6)]
    pub output: String,
    /// The instance it is about; empty: the node.
    #[prost(string, tag = 7)]
    #[serde(rename = "ServiceID")]
    pub service_id: String,
    /// That instance's service.
    #[prost(string, tag = 8)]
    pub service_name: String,
    /// Index of its creation.
    #[prost(uint64, tag = 20)]
    pub create_index: u64,
    /// Index of its last change.
    #[prost(uint64, tag = 21)]
    pub modify_index: u64,
}

/// Nodes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NodeList {
    /// The nodes.
    #[prost(message, repeated, tag = 1)]
    pub nodes: Vec<NodeRow>,
}

/// Names of services and the tags that their instances have.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServiceTags {
    /// In name order.
    #[prost(message, repeated, tag = 1)]
    pub services: Vec<Tagged>,
}

/// A service and its tags.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Tagged {
    /// The service.
    #[prost(string, tag = 1)]
    pub name: String,
    /// All tags of all its instances.
    #[prost(string, repeated, tag = 2)]
    pub tags: Vec<String>,
}

/// Instances with their nodes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Instances {
    /// The instances.
    #[prost(message, repeated, tag = 1)]
    pub instances: Vec<Instance>,
}

/// An instance and its node.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Instance {
    /// The node.
    #[prost(message, required, tag = 1)]
    pub node: NodeRow,
    /// The instance.
    #[prost(message, required, tag = 2)]
    pub service: ServiceRow,
}

/// A node and what runs on it; no node when there is none of that name.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NodeServices {
    /// The node.
    #[prost(message, optional, tag = 1)]
    pub node: Option<NodeRow>,
    /// Its services.
    #[prost(message, repeated, tag = 2)]
    pub services: Vec<ServiceRow>,
}

/// Names of datacenters, nearest first.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct DatacenterList {
    /// The names.
    #[prost(string, repeated, tag = 1)]
    pub datacenters: Vec<String>,
}
