//! A check as an agent is told to run it.

use crate::catalog::HeaderValues;
use crate::http::duration_ns;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The check by which a node is in maintenance.
pub const NODE_MAINTENANCE: &str = "_node_maintenance";
/// The check by which an instance is in maintenance: this, a colon, and the instance's id.
pub const SERVICE_MAINTENANCE: &str = "_service_maintenance";

/// A check to run on this node: the body of a registration, a `check` stanza, and what is kept on disk. Durations are nanoseconds here
/// and Go's strings in JSON; 0 is unsaid.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[prost(skip_debug)]
#[serde(rename_all = "PascalCase", default)]
pub struct CheckDefinition {
    /// Unique on its node; empty: the name, or counted out below the instance.
    #[prost(string, tag = 1)]
    #[serde(rename = "CheckID", skip_serializing_if = "String::is_empty")]
    pub check_id: String,
    /// For people.
    #[prost(string, tag = 2)]
    pub name: String,
    /// For people.
    #[prost(string, tag = 3)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// The instance it is about; empty: the node.
    #[prost(string, tag = 4)]
    #[serde(rename = "ServiceID", skip_serializing_if = "String::is_empty")]
    pub service_id: String,
    /// The secret it is registered with.
    #[prost(string, tag = 5)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// What it begins with; empty: `critical`.
    #[prost(string, tag = 6)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// A command and its arguments.
    #[prost(string, repeated, tag = 7)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// A URL that must answer with success.
    #[prost(string, tag = 8)]
    #[serde(rename = "HTTP", skip_serializing_if = "String::is_empty")]
    pub http: String,
    /// Headers of the HTTP request.
    #[prost(btree_map = "string, message", tag = 9)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, HeaderValues>,
    /// Method of the HTTP request; empty: `GET`.
    #[prost(string, tag = 10)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// Body of the HTTP request.
    #[prost(string, tag = 11)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Do not follow redirects.
    #[prost(bool, tag = 12)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_redirects: bool,
    /// An address that must take a connection.
    #[prost(string, tag = 13)]
    #[serde(rename = "TCP", skip_serializing_if = "String::is_empty")]
    pub tcp: String,
    /// Over TLS.
    #[prost(bool, tag = 14)]
    #[serde(rename = "TCPUseTLS", skip_serializing_if = "std::ops::Not::not")]
    pub tcp_use_tls: bool,
    /// An address that must not refuse a datagram.
    #[prost(string, tag = 15)]
    #[serde(rename = "UDP", skip_serializing_if = "String::is_empty")]
    pub udp: String,
    /// `host:port[/service]` whose gRPC health service must say that it serves.
    #[prost(string, tag = 16)]
    #[serde(rename = "GRPC", skip_serializing_if = "String::is_empty")]
    pub grpc: String,
    /// Over TLS.
    #[prost(bool, tag = 17)]
    #[serde(rename = "GRPCUseTLS", skip_serializing_if = "std::ops::Not::not")]
    pub grpc_use_tls: bool,
    /// An address that must answer an HTTP/2 ping.
    #[prost(string, tag = 18)]
    #[serde(rename = "H2PING", skip_serializing_if = "String::is_empty")]
    pub h2ping: String,
    /// Over TLS, which is the default.
    #[prost(bool, optional, tag = 19)]
    #[serde(rename = "H2PingUseTLS", skip_serializing_if = "Option::is_none")]
    pub h2ping_use_tls: Option<bool>,
    /// A service of the operating system that must run.
    #[prost(string, tag = 20)]
    #[serde(rename = "OSService", skip_serializing_if = "String::is_empty")]
    pub os_service: String,
    /// A container to run the command in.
    #[prost(string, tag = 21)]
    #[serde(rename = "DockerContainerID", skip_serializing_if = "String::is_empty")]
    pub docker_container_id: String,
    /// The shell to run the command with, in a container.
    #[prost(string, tag = 22)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub shell: String,
    /// The name in the TLS handshake.
    #[prost(string, tag = 23)]
    #[serde(rename = "TLSServerName", skip_serializing_if = "String::is_empty")]
    pub tls_server_name: String,
    /// Do not look at the certificate.
    #[prost(bool, tag = 24)]
    #[serde(rename = "TLSSkipVerify", skip_serializing_if = "std::ops::Not::not")]
    pub tls_skip_verify: bool,
    /// Has the health of this node, rather than of ours.
    #[prost(string, tag = 25)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alias_node: String,
    /// Has the health of this instance.
    #[prost(string, tag = 26)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alias_service: String,
    /// How long an update counts.
    #[prost(uint64, tag = 27)]
    #[serde(rename = "TTL", with = "duration_ns", skip_serializing_if = "is_zero")]
    pub ttl: u64,
    /// How often it is run.
    #[prost(uint64, tag = 28)]
    #[serde(with = "duration_ns", skip_serializing_if = "is_zero")]
    pub interval: u64,
    /// How long one run may take.
    #[prost(uint64, tag = 29)]
    #[serde(with = "duration_ns", skip_serializing_if = "is_zero")]
    pub timeout: u64,
    /// How long it may be critical before its instance is taken out.
    #[prost(uint64, tag = 30)]
    #[serde(with = "duration_ns", skip_serializing_if = "is_zero")]
    pub deregister_critical_service_after: u64,
    /// How many bytes of its output are kept; 0: as many as of all checks.
    #[prost(int32, tag = 31)]
    #[serde(skip_serializing_if = "is_nought")]
    pub output_max_size: i32,
    /// Runs in a row that must pass before it does.
    #[prost(int32, tag = 32)]
    #[serde(skip_serializing_if = "is_nought")]
    pub success_before_passing: i32,
    /// Runs in a row that must fail before it warns; 0: as many as before it is critical.
    #[prost(int32, tag = 33)]
    #[serde(skip_serializing_if = "is_nought")]
    pub failures_before_warning: i32,
    /// Runs in a row that must fail before it is critical.
    #[prost(int32, tag = 34)]
    #[serde(skip_serializing_if = "is_nought")]
    pub failures_before_critical: i32,
}

impl CheckDefinition {
    /// Whether it runs a command.
    #[must_use]
    pub fn is_script(&self) -> bool {
        !self.args.is_empty()
    }

    /// Whether it has another's health.
    #[must_use]
    pub fn is_alias(&self) -> bool {
        !self.alias_node.is_empty() || !self.alias_service.is_empty()
    }

    /// Whether something is asked, again and again.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        let asked = [&self.http, &self.tcp, &self.udp, &self.grpc, &self.h2ping, &self.os_service];
        self.is_script() || asked.iter().any(|target| !target.is_empty())
    }

    /// What `Type` says of it; empty when it says nothing to run.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        let kinds = [
            (self.is_alias(), "alias"),
            (self.is_script() && !self.docker_container_id.is_empty(), "docker"),
            (self.is_script(), "script"),
            (!self.http.is_empty(), "http"),
            (!self.tcp.is_empty(), "tcp"),
            (!self.udp.is_empty(), "udp"),
            (!self.grpc.is_empty(), "grpc"),
            (!self.h2ping.is_empty(), "h2ping"),
            (!self.os_service.is_empty(), "os_service"),
            (self.ttl > 0, "ttl"),
            (self.is_maintenance(), "maintenance"),
        ];
        kinds.iter().find(|(is, _)| *is).map_or("", |(_, kind)| kind)
    }

    /// Whether it stands for maintenance.
    #[must_use]
    pub fn is_maintenance(&self) -> bool {
        let of_service = self.check_id.strip_prefix(SERVICE_MAINTENANCE).is_some_and(|rest| rest.starts_with(':'));
        self.check_id == NODE_MAINTENANCE || of_service
    }
}

/// It can hold a secret: only what it is called is shown.
impl std::fmt::Debug for CheckDefinition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("CheckDefinition");
        shown.field("check_id", &self.check_id).field("name", &self.name).field("kind", &self.kind()).finish_non_exhaustive()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_nought(number: &i32) -> bool {
    *number == 0
}
