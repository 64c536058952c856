//! The node's own services and checks: `/v1/agent/services`, `/v1/agent/checks` and their kin.

use super::{CheckDefinition, ServiceDefinition};
use crate::catalog::{CheckRow, ServiceRow};

/// `GET /v1/agent/services`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Services {
    /// A filter expression, or empty.
    #[prost(string, tag = 1)]
    pub filter: String,
}

/// `GET /v1/agent/service/{id}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Service {
    /// Which instance.
    #[prost(string, tag = 1)]
    pub id: String,
    /// The hash that the caller has seen: answer when it is another.
    #[prost(string, tag = 2)]
    pub hash: String,
    /// But wait no longer than this, in milliseconds.
    #[prost(uint64, tag = 3)]
    pub wait_ms: u64,
}

/// `GET /v1/agent/checks`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Checks {
    /// A filter expression, or empty.
    #[prost(string, tag = 1)]
    pub filter: String,
}

/// `PUT /v1/agent/service/register`
#[derive(Clone, PartialEq, prost::Message)]
pub struct RegisterService {
    /// What to register.
    #[prost(message, required, tag = 1)]
    pub definition: ServiceDefinition,
    /// Take away the checks it has and that are not in the definition.
    #[prost(bool, tag = 2)]
    pub replace_existing_checks: bool,
}

/// `PUT /v1/agent/service/deregister/{id}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeregisterService {
    /// Which instance.
    #[prost(string, tag = 1)]
    pub id: String,
}

/// `PUT /v1/agent/service/maintenance/{id}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServiceMaintenance {
    /// Which instance.
    #[prost(string, tag = 1)]
    pub id: String,
    /// On or off.
    #[prost(bool, tag = 2)]
    pub enable: bool,
    /// Why, for people; empty: Consul's words.
    #[prost(string, tag = 3)]
    pub reason: String,
}

/// `PUT /v1/agent/maintenance`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Maintenance {
    /// On or off.
    #[prost(bool, tag = 1)]
    pub enable: bool,
    /// Why, for people; empty: Consul's words.
    #[prost(string, tag = 2)]
    pub reason: String,
}

/// `PUT /v1/agent/check/register`
#[derive(Clone, PartialEq, prost::Message)]
pub struct RegisterCheck {
    /// What to register.
    #[prost(message, required, tag = 1)]
    pub definition: CheckDefinition,
}

/// `PUT /v1/agent/check/deregister/{id}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct DeregisterCheck {
    /// Which check.
    #[prost(string, tag = 1)]
    pub id: String,
}

/// `PUT /v1/agent/check/{pass,warn,fail,update}/{id}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateCheck {
    /// Which check; it has to have a TTL.
    #[prost(string, tag = 1)]
    pub id: String,
    /// `passing`, `warning`, `critical`.
    #[prost(string, tag = 2)]
    pub status: String,
    /// For people.
    #[prost(string, tag = 3)]
    pub output: String,
}

/// `GET /v1/agent/health/service/id/{id}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct HealthById {
    /// Which instance.
    #[prost(string, tag = 1)]
    pub id: String,
    /// The status alone, as text.
    #[prost(bool, tag = 2)]
    pub text: bool,
}

/// `GET /v1/agent/health/service/name/{name}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct HealthByName {
    /// Which service.
    #[prost(string, tag = 1)]
    pub name: String,
    /// The status alone, as text.
    #[prost(bool, tag = 2)]
    pub text: bool,
}

/// `PUT /v1/agent/reload`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Reload {}

/// Instances of this node, by id.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServiceMap {
    /// In the order of their ids.
    #[prost(message, repeated, tag = 1)]
    pub services: Vec<LocalService>,
}

/// An instance of this node.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LocalService {
    /// The instance.
    #[prost(message, required, tag = 1)]
    pub row: ServiceRow,
    /// Its datacenter.
    #[prost(string, tag = 2)]
    pub datacenter: String,
    /// Changes when it does; empty where nobody waits for that.
    #[prost(string, tag = 3)]
    pub hash: String,
}

/// Checks of this node, by id.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CheckMap {
    /// In the order of their ids.
    #[prost(message, repeated, tag = 1)]
    pub checks: Vec<CheckRow>,
}

/// How an instance, or all of a name on this node, are.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Health {
    /// The worst there is: `passing`, `warning`, `critical`, `maintenance`; empty when there is none such.
    #[prost(string, tag = 1)]
    pub status: String,
    /// What `X-Consul-Reason` says.
    #[prost(string, tag = 2)]
    pub reason: String,
    /// Which, and how each is.
    #[prost(message, repeated, tag = 3)]
    pub instances: Vec<ServiceHealth>,
    /// A list, of all of a name.
    #[prost(bool, tag = 4)]
    pub by_name: bool,
    /// The reason alone, as text.
    #[prost(bool, tag = 5)]
    pub text: bool,
}

/// How an instance is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServiceHealth {
    /// The worst of its checks and the node's.
    #[prost(string, tag = 1)]
    pub status: String,
    /// The instance.
    #[prost(message, required, tag = 2)]
    pub service: LocalService,
    /// Those checks.
    #[prost(message, repeated, tag = 3)]
    pub checks: Vec<CheckRow>,
}
