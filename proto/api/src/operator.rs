//! Servers and raft: `/v1/status/*`, `/v1/operator/*`.

use serde::{Deserialize, Serialize};

/// `GET /v1/status/leader`
#[derive(Clone, PartialEq, prost::Message)]
pub struct StatusLeader {}

/// `GET /v1/status/peers`
#[derive(Clone, PartialEq, prost::Message)]
pub struct StatusPeers {}

/// `GET /v1/operator/raft/configuration`
#[derive(Clone, PartialEq, prost::Message)]
pub struct RaftRead {}

/// `DELETE /v1/operator/raft/peer?id=|address=`: exactly one is set.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RaftRemovePeer {
    /// The server's id.
    #[prost(string, tag = 1)]
    pub id: String,
    /// Or its `ip:port`.
    #[prost(string, tag = 2)]
    pub address: String,
}

/// `POST /v1/operator/raft/transfer-leader`
#[derive(Clone, PartialEq, prost::Message)]
pub struct RaftTransferLeader {
    /// To whom; empty lets the leader choose.
    #[prost(string, tag = 1)]
    pub id: String,
}

/// `GET /v1/operator/autopilot/configuration`
#[derive(Clone, PartialEq, prost::Message)]
pub struct AutopilotRead {}

/// `PUT /v1/operator/autopilot/configuration`: replaces the whole of it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AutopilotUpdate {
    /// The new configuration.
    #[prost(message, optional, tag = 1)]
    pub configuration: Option<Autopilot>,
    /// Only if the stored one has this `ModifyIndex`.
    #[prost(uint64, optional, tag = 2)]
    pub cas: Option<u64>,
}

/// `GET /v1/operator/autopilot/health`
#[derive(Clone, PartialEq, prost::Message)]
pub struct AutopilotHealthRead {}

/// `GET /v1/operator/autopilot/state`
#[derive(Clone, PartialEq, prost::Message)]
pub struct AutopilotStateRead {}

/// How the leader looks after the servers. Durations in milliseconds here, Go duration strings in JSON.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Autopilot {
    /// Remove failed servers when enough others remain.
    #[prost(bool, tag = 1)]
    pub cleanup_dead_servers: bool,
    /// A server that has not heard from the leader for longer is unhealthy.
    #[prost(uint64, tag = 2)]
    #[serde(with = "crate::http::duration_ms")]
    pub last_contact_threshold: u64,
    /// A server that lags more entries behind is unhealthy.
    #[prost(uint64, tag = 3)]
    pub max_trailing_logs: u64,
    /// Never remove a server when fewer would remain.
    #[prost(uint64, tag = 4)]
    pub min_quorum: u64,
    /// How long a new server must be healthy before it votes.
    #[prost(uint64, tag = 5)]
    #[serde(with = "crate::http::duration_ms")]
    pub server_stabilization_time: u64,
    /// Enterprise; kept for clients that send it back.
    #[prost(string, tag = 6)]
    pub redundancy_zone_tag: String,
    /// Enterprise; kept for clients that send it back.
    #[prost(bool, tag = 7)]
    pub disable_upgrade_migration: bool,
    /// Enterprise; kept for clients that send it back.
    #[prost(string, tag = 8)]
    pub upgrade_version_tag: String,
    /// Index of its creation.
    #[prost(uint64, tag = 9)]
    pub create_index: u64,
    /// Index of its last change.
    #[prost(uint64, tag = 10)]
    pub modify_index: u64,
}

/// How the servers fare, as the leader sees them.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServersHealth {
    /// Whether every server is.
    #[prost(bool, tag = 1)]
    pub healthy: bool,
    /// How many voters may fail before there is no quorum.
    #[prost(uint32, tag = 2)]
    pub failure_tolerance: u32,
    /// The servers.
    #[prost(message, repeated, tag = 3)]
    pub servers: Vec<ServerHealth>,
}

/// How one server fares.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServerHealth {
    /// Its node id.
    #[prost(string, tag = 1)]
    #[serde(rename = "ID")]
    pub id: String,
    /// Its node name.
    #[prost(string, tag = 2)]
    pub name: String,
    /// Its `ip:port` for other servers.
    #[prost(string, tag = 3)]
    pub address: String,
    /// What gossip says of it: `alive`, `leaving`, `left`, `failed`, or `none` when nothing.
    #[prost(string, tag = 4)]
    pub serf_status: String,
    /// The version it runs.
    #[prost(string, tag = 5)]
    pub version: String,
    /// Whether it leads.
    #[prost(bool, tag = 6)]
    pub leader: bool,
    /// How long ago it last answered the leader, in nanoseconds.
    #[prost(uint64, tag = 7)]
    #[serde(with = "crate::http::duration_ns")]
    pub last_contact: u64,
    /// The raft term it is in.
    #[prost(uint64, tag = 8)]
    pub last_term: u64,
    /// The last log index it is known to hold.
    #[prost(uint64, tag = 9)]
    pub last_index: u64,
    /// Whether it is alive, in touch and up to date.
    #[prost(bool, tag = 10)]
    pub healthy: bool,
    /// Whether it votes.
    #[prost(bool, tag = 11)]
    pub voter: bool,
    /// Since when gossip says what it says, as RFC 3339 in UTC.
    #[prost(string, tag = 12)]
    pub stable_since: String,
}

/// Whether it was done.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Updated {
    /// It was.
    #[prost(bool, tag = 1)]
    pub ok: bool,
}

/// `ip:port`, or empty.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Address {
    /// The address.
    #[prost(string, tag = 1)]
    pub address: String,
}

/// `ip:port` of each.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(transparent)]
pub struct Addresses {
    /// The addresses.
    #[prost(string, repeated, tag = 1)]
    pub addresses: Vec<String>,
}

/// Who votes and who follows.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RaftConfiguration {
    /// The servers.
    #[prost(message, repeated, tag = 1)]
    pub servers: Vec<RaftServer>,
    /// Raft index of this membership.
    #[prost(uint64, tag = 2)]
    pub index: u64,
}

/// One server of a raft configuration.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RaftServer {
    /// Its node id.
    #[prost(string, tag = 1)]
    #[serde(rename = "ID")]
    pub id: String,
    /// Its node name.
    #[prost(string, tag = 2)]
    pub node: String,
    /// Its `ip:port` for other servers.
    #[prost(string, tag = 3)]
    pub address: String,
    /// Whether it leads.
    #[prost(bool, tag = 4)]
    pub leader: bool,
    /// Always `"3"`: what Consul's tools expect to read.
    #[prost(string, tag = 5)]
    pub protocol_version: String,
    /// Whether it votes.
    #[prost(bool, tag = 6)]
    pub voter: bool,
    /// The last log index it is known to hold.
    #[prost(uint64, tag = 7)]
    pub last_index: u64,
}
