//! Checks, and instances with their checks: `/v1/health/*`.

use crate::catalog::{CheckRow, NodeRow, Select, ServiceRow};
use serde::Serialize;

/// `GET /v1/health/node/{node}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Node {
    /// Which node.
    #[prost(string, tag = 1)]
    pub node: String,
    /// Which checks.
    #[prost(message, required, tag = 2)]
    pub select: Select,
}

/// `GET /v1/health/checks/{service}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServiceChecks {
    /// Which service.
    #[prost(string, tag = 1)]
    pub service: String,
    /// Which checks.
    #[prost(message, required, tag = 2)]
    pub select: Select,
}

/// `GET /v1/health/state/{state}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct State {
    /// `any`, `passing`, `warning`, `critical`.
    #[prost(string, tag = 1)]
    pub state: String,
    /// Which checks.
    #[prost(message, required, tag = 2)]
    pub select: Select,
}

/// `GET /v1/health/service/{name}`, and `connect/{name}`
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
    /// Only instances all of whose checks pass.
    #[prost(bool, tag = 4)]
    pub passing: bool,
    /// Which, in which order.
    #[prost(message, required, tag = 5)]
    pub select: Select,
}

/// Checks.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Checks {
    /// The checks.
    #[prost(message, repeated, tag = 1)]
    pub checks: Vec<CheckRow>,
}

/// Instances with their nodes and checks.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Instances {
    /// The instances.
    #[prost(message, repeated, tag = 1)]
    pub instances: Vec<Instance>,
}

/// An instance, its node, and the checks of both.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Instance {
    /// The node.
    #[prost(message, required, tag = 1)]
    pub node: NodeRow,
    /// The instance.
    #[prost(message, required, tag = 2)]
    pub service: ServiceRow,
    /// The node's checks and the instance's.
    #[prost(message, repeated, tag = 3)]
    pub checks: Vec<CheckRow>,
}
