//! Nodes, service instances, checks: `/v1/catalog/*`.

mod check;
mod instance;
mod node;
mod proxy;
mod service;
mod virtual_ip;

pub use check::{CRITICAL, CheckDefinition, CheckRow, HeaderValues, PASSING, SERF_HEALTH, WARNING};
pub use instance::{Instance, Instances};
pub use node::{Locality, NodeRow};
pub use proxy::{Expose, ExposePath, MeshGateway, Proxy, Upstream};
pub use service::{CONNECT_PROXY, Connect, ServiceAddress, ServicePort, ServiceRow, Weights};
pub use virtual_ip::{AssignVirtualIps, AssignedVirtualIps, MANUAL_LIMIT, StartVirtualIps, VIRTUAL, VirtualAddress, VirtualIp};

use serde::Serialize;
use std::collections::BTreeMap;

/// Greatest body of a registration, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// Which rows of a list to return, and in which order.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Select {
    /// A filter expression (go-bexpr), or empty.
    #[prost(string, tag = 1)]
    pub filter: String,
    /// The node that the nearest are wanted to, [`crate::query::NEAR_ADDRESS`], or empty.
    #[prost(string, tag = 2)]
    pub near: String,
    /// Metadata that the node must have.
    #[prost(btree_map = "string, string", tag = 3)]
    pub node_meta: BTreeMap<String, String>,
    /// For [`crate::query::NEAR_ADDRESS`]: of whoever asked, or empty.
    #[prost(string, tag = 4)]
    pub address: String,
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
    /// Name, id, or as many digits of the id as are needed to tell it from others: at least two.
    #[prost(string, tag = 1)]
    pub node: String,
    /// Which of its services.
    #[prost(message, required, tag = 2)]
    pub select: Select,
    /// `node-services`: the services as a list.
    #[prost(bool, tag = 3)]
    pub as_list: bool,
}

/// Who has an address: for DNS, which asks it backwards.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AddressHolders {
    /// The IP address.
    #[prost(string, tag = 1)]
    pub address: String,
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

/// Nodes.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
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

/// A service and its tags: an entry of the list as JSON, and what a filter sees of it.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub struct Tagged {
    /// The service.
    #[prost(string, tag = 1)]
    #[serde(rename = "ServiceName")]
    pub name: String,
    /// All tags of all its instances.
    #[prost(string, repeated, tag = 2)]
    #[serde(rename = "ServiceTags")]
    pub tags: Vec<String>,
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
    /// See [`Node::as_list`].
    #[prost(bool, tag = 3)]
    pub as_list: bool,
}

/// Who has an address.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Holders {
    /// The first node, by name, that has it.
    #[prost(message, optional, tag = 1)]
    pub node: Option<NodeRow>,
    /// The services that have an instance with this address of its own, by name.
    #[prost(string, repeated, tag = 2)]
    pub services: Vec<String>,
}

/// Names of datacenters, nearest first.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct DatacenterList {
    /// The names.
    #[prost(string, repeated, tag = 1)]
    pub datacenters: Vec<String>,
}
