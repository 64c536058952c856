//! An instance with its node, flattened into one JSON object.

use super::{Connect, Locality, NodeRow, Proxy, ServiceAddress, ServicePort, ServiceRow, Weights};
use crate::http::null_if_empty;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Instances with their nodes.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
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

impl Serialize for Instance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { node, service } = self;
        Flat {
            id: &node.id,
            node: &node.node,
            address: &node.address,
            datacenter: &node.datacenter,
            tagged_addresses: &node.tagged_addresses,
            node_meta: &node.meta,
            service_kind: &service.kind,
            service_id: &service.id,
            service_name: &service.service,
            service_tags: &service.tags,
            service_address: &service.address,
            service_socket_path: &service.socket_path,
            service_tagged_addresses: &service.tagged_addresses,
            service_weights: service.weights,
            service_meta: &service.meta,
            service_port: service.port,
            service_ports: &service.ports,
            service_enable_tag_override: service.enable_tag_override,
            service_proxy: &service.proxy,
            service_connect: service.connect,
            service_locality: service.locality.as_ref(),
            create_index: service.create_index,
            modify_index: service.modify_index,
        }
        .serialize(serializer)
    }
}

/// Consul's `ServiceNode`, as `/v1/catalog/service` has it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Flat<'r> {
    #[serde(rename = "ID")]
    id: &'r str,
    node: &'r str,
    address: &'r str,
    datacenter: &'r str,
    #[serde(serialize_with = "null_if_empty")]
    tagged_addresses: &'r BTreeMap<String, String>,
    #[serde(serialize_with = "null_if_empty")]
    node_meta: &'r BTreeMap<String, String>,
    service_kind: &'r str,
    #[serde(rename = "ServiceID")]
    service_id: &'r str,
    service_name: &'r str,
    service_tags: &'r [String],
    service_address: &'r str,
    #[serde(skip_serializing_if = "str::is_empty")]
    service_socket_path: &'r str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    service_tagged_addresses: &'r BTreeMap<String, ServiceAddress>,
    service_weights: Weights,
    service_meta: &'r BTreeMap<String, String>,
    service_port: i32,
    #[serde(skip_serializing_if = "<[ServicePort]>::is_empty")]
    service_ports: &'r [ServicePort],
    service_enable_tag_override: bool,
    service_proxy: &'r Proxy,
    service_connect: Connect,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_locality: Option<&'r Locality>,
    create_index: u64,
    modify_index: u64,
}
