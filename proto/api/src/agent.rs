//! The process itself: `/v1/agent/*`.

mod check;
mod definition;
mod local;

pub use check::{CheckDefinition, NODE_MAINTENANCE, SERVICE_MAINTENANCE};
pub use definition::{ConnectDefinition, Definitions, ServiceDefinition};
pub use local::{
    CheckMap, Checks, DeregisterCheck, DeregisterService, Health, HealthById, HealthByName, LocalService, Maintenance, RegisterCheck,
    RegisterService, Reload, Service, ServiceHealth, ServiceMaintenance, ServiceMap, Services, UpdateCheck,
};

use serde::Serialize;
use std::collections::BTreeMap;

/// `GET /v1/agent/self`
#[derive(Clone, PartialEq, prost::Message)]
pub struct SelfRead {}

/// `GET /v1/agent/members`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Members {
    /// Of the WAN pool: servers of all datacenters, named `name.dc`.
    #[prost(bool, tag = 1)]
    pub wan: bool,
    /// A filter expression, or empty.
    #[prost(string, tag = 2)]
    pub filter: String,
}

/// `PUT /v1/agent/join/{address}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Join {
    /// `host[:port]` of a member.
    #[prost(string, tag = 1)]
    pub address: String,
    /// The WAN pool.
    #[prost(bool, tag = 2)]
    pub wan: bool,
}

/// `PUT /v1/agent/leave`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Leave {}

/// `PUT /v1/agent/force-leave/{node}`
#[derive(Clone, PartialEq, prost::Message)]
pub struct ForceLeave {
    /// Name of a failed member.
    #[prost(string, tag = 1)]
    pub node: String,
    /// Forget it at once.
    #[prost(bool, tag = 2)]
    pub prune: bool,
    /// In the WAN pool.
    #[prost(bool, tag = 3)]
    pub wan: bool,
}

/// `GET /v1/agent/metrics`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Metrics {
    /// As Prometheus text instead of JSON.
    #[prost(bool, tag = 1)]
    pub prometheus: bool,
}

/// `GET /v1/agent/monitor`: whether the log may be read. The edge that asked sends its lines, until the client has enough.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Monitor {
    /// `trace`, `debug`, `info`, `warn` or `error`: the least important level wanted.
    #[prost(string, tag = 1)]
    pub level: String,
    /// Each line as a JSON object.
    #[prost(bool, tag = 2)]
    pub json: bool,
}

/// `GET /v1/agent/version`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Version {}

/// `GET /v1/agent/host`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Host {}

/// A document that only the process itself can write, and that nobody but its reader takes apart.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Document {
    /// Its media type.
    #[prost(string, tag = 1)]
    pub content_type: String,
    /// Its text.
    #[prost(string, tag = 2)]
    pub text: String,
}

/// Done, and nothing to say (200 with an empty body).
#[derive(Clone, PartialEq, prost::Message)]
pub struct Nothing {}

/// Members of a gossip pool.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct MemberList {
    /// The members.
    #[prost(message, repeated, tag = 1)]
    pub members: Vec<Member>,
}

/// One member, in Consul's words.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Member {
    /// Its name.
    #[prost(string, tag = 1)]
    pub name: String,
    /// Its gossip IP address.
    #[prost(string, tag = 2)]
    pub addr: String,
    /// Its gossip port.
    #[prost(uint32, tag = 3)]
    pub port: u32,
    /// Its tags.
    #[prost(btree_map = "string, string", tag = 4)]
    pub tags: BTreeMap<String, String>,
    /// 0 none, 1 alive, 2 leaving, 3 left, 4 failed.
    #[prost(int32, tag = 5)]
    pub status: i32,
    /// Least gossip protocol.
    #[prost(uint32, tag = 6)]
    pub protocol_min: u32,
    /// Greatest gossip protocol.
    #[prost(uint32, tag = 7)]
    pub protocol_max: u32,
    /// Gossip protocol spoken.
    #[prost(uint32, tag = 8)]
    pub protocol_cur: u32,
    /// Least serf protocol.
    #[prost(uint32, tag = 9)]
    pub delegate_min: u32,
    /// Greatest serf protocol.
    #[prost(uint32, tag = 10)]
    pub delegate_max: u32,
    /// Serf protocol spoken.
    #[prost(uint32, tag = 11)]
    pub delegate_cur: u32,
}
