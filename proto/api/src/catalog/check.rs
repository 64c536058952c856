//! Checks.

use crate::http::duration_ns;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Status of a check that passes.
pub const PASSING: &str = "passing";
/// Status of a check that warns.
pub const WARNING: &str = "warning";
/// Status of a check that fails, or that nobody has run yet.
pub const CRITICAL: &str = "critical";

/// The check by which membership shows in the catalog.
pub const SERF_HEALTH: &str = "serfHealth";

/// A check of a node or of an instance on it: the reply, the snapshot row and the JSON object are this one struct.
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
    /// That instance's service, when the check was last registered.
    #[prost(string, tag = 8)]
    pub service_name: String,
    /// That instance's tags, when the check was last registered.
    #[prost(string, repeated, tag = 9)]
    pub service_tags: Vec<String>,
    /// `http`, `tcp`, `ttl`, …
    #[prost(string, tag = 10)]
    pub r#type: String,
    /// How often the agent runs it, as Go writes durations; empty: it is not run, or nobody said. Since Consul 1.10.
    #[prost(string, tag = 12)]
    pub interval: String,
    /// How long one run may take, likewise; empty: as long as is usual for its type.
    #[prost(string, tag = 13)]
    pub timeout: String,
    /// What is checked, for those who run checks of nodes without agents.
    #[prost(message, required, tag = 11)]
    pub definition: CheckDefinition,
    /// Index of its creation.
    #[prost(uint64, tag = 20)]
    pub create_index: u64,
    /// Index of its last change.
    #[prost(uint64, tag = 21)]
    pub modify_index: u64,
}

impl CheckRow {
    /// Whether it is about the node rather than about an instance.
    #[must_use]
    pub fn is_of_node(&self) -> bool {
        self.service_id.is_empty()
    }
}

/// What is checked, and how often. Durations are nanoseconds here and Go's strings in JSON.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CheckDefinition {
    /// How often.
    #[prost(uint64, tag = 1)]
    #[serde(with = "duration_ns", skip_serializing_if = "is_zero")]
    pub interval: u64,
    /// How long one run may take.
    #[prost(uint64, tag = 2)]
    #[serde(with = "duration_ns", skip_serializing_if = "is_zero")]
    pub timeout: u64,
    /// How long a critical check lets its instance stay.
    #[prost(uint64, tag = 3)]
    #[serde(with = "duration_ns", skip_serializing_if = "is_zero")]
    pub deregister_critical_service_after: u64,
    /// A URL that must answer with success.
    #[prost(string, tag = 4)]
    #[serde(rename = "HTTP", skip_serializing_if = "String::is_empty")]
    pub http: String,
    /// The name in the TLS handshake.
    #[prost(string, tag = 5)]
    #[serde(rename = "TLSServerName", skip_serializing_if = "String::is_empty")]
    pub tls_server_name: String,
    /// Do not look at the certificate.
    #[prost(bool, tag = 6)]
    #[serde(rename = "TLSSkipVerify", skip_serializing_if = "std::ops::Not::not")]
    pub tls_skip_verify: bool,
    /// Headers of the HTTP request.
    #[prost(btree_map = "string, message", tag = 7)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, HeaderValues>,
    /// Method of the HTTP request.
    #[prost(string, tag = 8)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// Body of the HTTP request.
    #[prost(string, tag = 9)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Do not follow redirects.
    #[prost(bool, tag = 10)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_redirects: bool,
    /// An address that must take a connection.
    #[prost(string, tag = 11)]
    #[serde(rename = "TCP", skip_serializing_if = "String::is_empty")]
    pub tcp: String,
    /// Over TLS.
    #[prost(bool, tag = 12)]
    #[serde(rename = "TCPUseTLS", skip_serializing_if = "std::ops::Not::not")]
    pub tcp_use_tls: bool,
    /// An address that must not refuse a datagram.
    #[prost(string, tag = 13)]
    #[serde(rename = "UDP", skip_serializing_if = "String::is_empty")]
    pub udp: String,
    /// An address whose gRPC health service must say that it serves.
    #[prost(string, tag = 14)]
    #[serde(rename = "GRPC", skip_serializing_if = "String::is_empty")]
    pub grpc: String,
    /// Over TLS.
    #[prost(bool, tag = 15)]
    #[serde(rename = "GRPCUseTLS", skip_serializing_if = "std::ops::Not::not")]
    pub grpc_use_tls: bool,
    /// A service of the operating system that must run.
    #[prost(string, tag = 16)]
    #[serde(rename = "OSService", skip_serializing_if = "String::is_empty")]
    pub os_service: String,
    /// An address that must answer an HTTP/2 ping.
    #[prost(string, tag = 17)]
    #[serde(rename = "H2PING", skip_serializing_if = "String::is_empty")]
    pub h2ping: String,
}

impl CheckDefinition {
    /// What `Type` says of a check that has this definition; empty when it has none.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        let kinds = [
            (&self.http, "http"),
            (&self.tcp, "tcp"),
            (&self.udp, "udp"),
            (&self.grpc, "grpc"),
            (&self.h2ping, "h2ping"),
            (&self.os_service, "os_service"),
        ];
        kinds.iter().find(|(target, _)| !target.is_empty()).map_or("", |(_, kind)| kind)
    }
}

/// All values of one header.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HeaderValues {
    /// The values.
    #[prost(string, repeated, tag = 1)]
    pub values: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
