//! What a proxy is told.

use crate::http::opaque;
use serde::{Deserialize, Serialize};

/// What an instance is a proxy of, and how.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Proxy {
    /// The service it stands before.
    #[prost(string, tag = 1)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub destination_service_name: String,
    /// The instance it stands before.
    #[prost(string, tag = 2)]
    #[serde(rename = "DestinationServiceID", skip_serializing_if = "String::is_empty")]
    pub destination_service_id: String,
    /// Where that instance listens.
    #[prost(string, tag = 3)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub local_service_address: String,
    /// Where that instance listens; 0: unsaid.
    #[prost(int32, tag = 4)]
    #[serde(skip_serializing_if = "is_zero")]
    pub local_service_port: i32,
    /// Where that instance listens, when it is a socket in the file system.
    #[prost(string, tag = 5)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub local_service_socket_path: String,
    /// Empty, `transparent`, `direct`.
    #[prost(string, tag = 6)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mode: String,
    /// Opaque to us: a JSON object, or nothing.
    #[prost(string, tag = 7)]
    #[serde(with = "opaque", skip_serializing_if = "String::is_empty")]
    pub config: String,
    /// What the instance wants to reach.
    #[prost(message, repeated, tag = 8)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub upstreams: Vec<Upstream>,
    /// How other datacenters are reached.
    #[prost(message, required, tag = 9)]
    pub mesh_gateway: MeshGateway,
    /// Paths that can be reached without the mesh.
    #[prost(message, required, tag = 10)]
    pub expose: Expose,
}

/// A service that an instance wants to reach, and where it finds it.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Upstream {
    /// `service` (also when empty), `prepared_query`.
    #[prost(string, tag = 1)]
    pub destination_type: String,
    /// The service, or query.
    #[prost(string, tag = 2)]
    pub destination_name: String,
    /// Where; empty: here.
    #[prost(string, tag = 3)]
    pub datacenter: String,
    /// Where the proxy listens for it.
    #[prost(string, tag = 4)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub local_bind_address: String,
    /// Where the proxy listens for it.
    #[prost(int32, tag = 5)]
    #[serde(skip_serializing_if = "is_zero")]
    pub local_bind_port: i32,
    /// Where the proxy listens for it, when that is a socket in the file system.
    #[prost(string, tag = 6)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub local_bind_socket_path: String,
    /// That socket's mode.
    #[prost(string, tag = 7)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub local_bind_socket_mode: String,
    /// Opaque to us: a JSON object, or nothing.
    #[prost(string, tag = 8)]
    #[serde(with = "opaque")]
    pub config: String,
    /// How other datacenters are reached.
    #[prost(message, required, tag = 9)]
    pub mesh_gateway: MeshGateway,
}

/// How other datacenters are reached.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MeshGateway {
    /// Empty, `none`, `local`, `remote`.
    #[prost(string, tag = 1)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mode: String,
}

/// Paths that can be reached without the mesh.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Expose {
    /// Those of the instance's HTTP and gRPC checks.
    #[prost(bool, tag = 1)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub checks: bool,
    /// And these.
    #[prost(message, repeated, tag = 2)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<ExposePath>,
}

/// A path that can be reached without the mesh.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ExposePath {
    /// Where the proxy listens for it; 0: unsaid.
    #[prost(int32, tag = 1)]
    #[serde(skip_serializing_if = "is_zero")]
    pub listener_port: i32,
    /// The path.
    #[prost(string, tag = 2)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Where the instance listens for it; 0: unsaid.
    #[prost(int32, tag = 3)]
    #[serde(skip_serializing_if = "is_zero")]
    pub local_path_port: i32,
    /// `http`, `http2`.
    #[prost(string, tag = 4)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub protocol: String,
    /// Whether it comes from a check.
    #[prost(bool, tag = 5)]
    pub parsed_from_check: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}
