//! Keys of `delian gateway`.

use super::stanzas::ACL_TOKENS;
use super::telemetry::TELEMETRY;
use super::tls::GATEWAY_TLS;
use super::{Field, int, table, text, texts};

/// Everything the file of a gateway may say: a subset of the agent's, and `ports.mesh_gateway`.
pub(crate) const GATEWAY: &[Field] = &[
    table("acl", &[table("tokens", ACL_TOKENS)]),
    text("advertise_addr"),
    text("advertise_addr_wan"),
    text("bind_addr"),
    text("data_dir"),
    text("datacenter"),
    text("domain"),
    text("encrypt"),
    text("log_level").live(),
    text("node_name"),
    table("ports", PORTS),
    text("primary_datacenter"),
    texts("retry_join"),
    texts("retry_join_wan"),
    table("telemetry", TELEMETRY),
    table("tls", GATEWAY_TLS),
];

const PORTS: &[Field] = &[int("serf_lan"), int("serf_wan"), int("grpc"), int("mesh_gateway").idle()];
