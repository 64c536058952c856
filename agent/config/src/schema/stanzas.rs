//! Stanzas of the agent, except TLS and telemetry.

use super::{Field, any, duration, float, int, map, table, text, texts, truth};

pub(super) const ACL: &[Field] = &[
    truth("enabled"),
    text("default_policy"),
    text("down_policy"),
    duration("token_ttl"),
    duration("policy_ttl"),
    duration("role_ttl"),
    truth("enable_token_replication"),
    truth("enable_key_list_policy"),
    truth("enable_token_persistence"),
    truth("msp_disable_bootstrap").enterprise(),
    table("tokens", ACL_TOKENS).live(),
];

pub(super) const ACL_TOKENS: &[Field] = &[
    text("initial_management"),
    text("master").moved("acl.tokens.initial_management"),
    text("default"),
    text("agent"),
    text("agent_recovery"),
    text("agent_master").moved("acl.tokens.agent_recovery"),
    text("replication"),
    text("config_file_service_registration"),
    text("dns"),
    any("managed_service_provider").enterprise(),
];

pub(super) const ADDRESSES: &[Field] = &[text("dns"), text("http"), text("https"), text("grpc").idle(), text("grpc_tls").idle()];

pub(super) const AUTO_CONFIG: &[Field] = &[
    truth("enabled"),
    text("intro_token"),
    text("intro_token_file"),
    texts("server_addresses"),
    texts("dns_sans"),
    texts("ip_sans"),
    table("authorization", AUTO_CONFIG_AUTHORIZATION),
];

const AUTO_CONFIG_AUTHORIZATION: &[Field] = &[truth("enabled"), table("static", AUTO_CONFIG_STATIC)];

const AUTO_CONFIG_STATIC: &[Field] = &[
    texts("claim_assertions"),
    truth("allow_reuse"),
    texts("jwt_supported_algs"),
    texts("bound_audiences"),
    map("claim_mappings"),
    map("list_claim_mappings"),
    text("oidc_discovery_url"),
    text("oidc_discovery_ca_cert"),
    text("jwks_url"),
    text("jwks_ca_cert"),
    texts("jwt_validation_pub_keys"),
    text("bound_issuer"),
    duration("expiration_leeway"),
    duration("not_before_leeway"),
    duration("clock_skew_leeway"),
];

pub(super) const AUTO_ENCRYPT: &[Field] = &[truth("tls"), truth("allow_tls"), texts("dns_san"), texts("ip_san")];

pub(super) const AUTOPILOT: &[Field] = &[
    truth("cleanup_dead_servers"),
    duration("last_contact_threshold"),
    int("max_trailing_logs"),
    int("min_quorum"),
    duration("server_stabilization_time"),
    text("redundancy_zone_tag").enterprise(),
    truth("disable_upgrade_migration").enterprise(),
    text("upgrade_version_tag").enterprise(),
];

pub(super) const CACHE: &[Field] = &[int("entry_fetch_max_burst"), float("entry_fetch_rate")];

pub(super) const CONFIG_ENTRIES: &[Field] = &[any("bootstrap")];

pub(super) const CONNECT: &[Field] = &[
    truth("enabled"),
    text("ca_provider"),
    any("ca_config"),
    truth("enable_mesh_gateway_wan_federation"),
    truth("enable_serverless_plugin"),
];

pub(super) const DNS_CONFIG: &[Field] = &[
    truth("allow_stale").live(),
    duration("max_stale").live(),
    duration("node_ttl").live(),
    map("service_ttl").live(),
    truth("enable_truncate").live(),
    truth("only_passing").live(),
    text("recursor_strategy").live(),
    duration("recursor_timeout").live(),
    truth("disable_compression").live(),
    int("udp_answer_limit").live(),
    int("a_record_limit").live(),
    truth("enable_additional_node_meta_txt").live(),
    table("soa", DNS_SOA).live(),
    truth("use_cache").live(),
    duration("cache_max_age").live(),
    truth("prefer_namespace").enterprise(),
];

const DNS_SOA: &[Field] = &[int("expire"), int("min_ttl"), int("refresh"), int("retry")];

pub(super) const GOSSIP: &[Field] = &[
    duration("gossip_interval"),
    int("gossip_nodes"),
    duration("probe_interval"),
    duration("probe_timeout"),
    int("suspicion_mult"),
    int("retransmit_mult"),
];

pub(super) const HTTP_CONFIG: &[Field] =
    &[texts("block_endpoints"), map("response_headers"), texts("allow_write_http_from"), truth("use_cache"), int("max_header_bytes")];

pub(super) const LIMITS: &[Field] = &[
    int("http_max_conns_per_client").live(),
    duration("https_handshake_timeout").idle(),
    duration("rpc_handshake_timeout").idle(),
    duration("rpc_client_timeout").idle(),
    float("rpc_rate").idle(),
    int("rpc_max_burst").idle(),
    int("rpc_max_conns_per_client").idle(),
    int("kv_max_value_size").live(),
    int("txn_max_req_len").live(),
    table("request_limits", REQUEST_LIMITS).idle(),
];

const REQUEST_LIMITS: &[Field] = &[text("mode"), float("read_rate"), float("write_rate")];

pub(super) const LOCALITY: &[Field] = &[text("region"), text("zone")];

pub(super) const PEERING: &[Field] = &[truth("enabled")];

pub(super) const PERFORMANCE: &[Field] = &[
    duration("leave_drain_time"),
    int("raft_multiplier"),
    duration("rpc_hold_timeout"),
    duration("grpc_keepalive_interval").idle(),
    duration("grpc_keepalive_timeout").idle(),
];

pub(super) const PORTS: &[Field] = &[
    int("dns"),
    int("http"),
    int("https"),
    int("grpc").idle(),
    int("grpc_tls").idle(),
    int("serf_lan"),
    int("serf_wan"),
    int("server"),
    int("sidecar_min_port").live(),
    int("sidecar_max_port").live(),
    int("expose_min_port").idle(),
    int("expose_max_port").idle(),
    int("proxy_min_port").moved("ports.sidecar_min_port"),
    int("proxy_max_port").moved("ports.sidecar_max_port"),
];

pub(super) const RAFT_LOGSTORE: &[Field] = &[
    text("backend"),
    truth("disable_log_cache"),
    table("verification", &[truth("enabled"), duration("interval")]),
    table("boltdb", &[truth("no_freelist_sync")]),
    table("wal", &[int("segment_size_mb")]),
];

pub(super) const RPC: &[Field] = &[truth("enable_streaming")];

pub(super) const UI_CONFIG: &[Field] = &[
    truth("enabled"),
    text("dir"),
    text("content_path"),
    text("metrics_provider"),
    texts("metrics_provider_files"),
    text("metrics_provider_options_json"),
    table("metrics_proxy", UI_METRICS_PROXY),
    map("dashboard_url_templates"),
];

const UI_METRICS_PROXY: &[Field] =
    &[text("base_url"), super::definitions("add_headers", &[text("name"), text("value")]), texts("path_allowlist")];

pub(super) const UNIX_SOCKETS: &[Field] = &[text("user"), text("group"), text("mode")];

pub(super) const XDS: &[Field] = &[float("update_max_per_second")];
