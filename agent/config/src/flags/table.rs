//! The flags of `delian agent` and what each sets.

/// What a flag sets, by dotted key, and of which type.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Bool(&'static str),
    Int(&'static str),
    Text(&'static str),
    Duration(&'static str),
    /// Repeatable: each use appends one text.
    Texts(&'static str),
    /// Repeatable: each use is `name:value`.
    Map(&'static str),
    /// Accepted with a warning.
    IdleBool(&'static str),
    /// Accepted with a warning.
    IdleInt(&'static str),
    /// Accepted with a warning.
    Idle(&'static str),
    Dev,
    ConfigPath,
    ConfigFormat,
    Fragment,
}

impl Target {
    pub(super) fn is_bool(self) -> bool {
        matches!(self, Self::Bool(_) | Self::IdleBool(_) | Self::Dev)
    }
}

pub(super) const FLAGS: &[(&str, Target)] = &[
    ("advertise", Target::Text("advertise_addr")),
    ("advertise-wan", Target::Text("advertise_addr_wan")),
    ("allow-write-http-from", Target::Texts("http_config.allow_write_http_from")),
    ("alt-domain", Target::Text("alt_domain")),
    ("auto-reload-config", Target::IdleBool("auto_reload_config")),
    ("bind", Target::Text("bind_addr")),
    ("bootstrap", Target::Bool("bootstrap")),
    ("bootstrap-expect", Target::Int("bootstrap_expect")),
    ("check_output_max_size", Target::IdleInt("check_output_max_size")),
    ("client", Target::Text("client_addr")),
    ("config-dir", Target::ConfigPath),
    ("config-file", Target::ConfigPath),
    ("config-format", Target::ConfigFormat),
    ("data-dir", Target::Text("data_dir")),
    ("datacenter", Target::Text("datacenter")),
    ("default-query-time", Target::Duration("default_query_time")),
    ("dev", Target::Dev),
    ("disable-host-node-id", Target::IdleBool("disable_host_node_id")),
    ("disable-keyring-file", Target::Bool("disable_keyring_file")),
    ("dns-port", Target::Int("ports.dns")),
    ("domain", Target::Text("domain")),
    ("enable-local-script-checks", Target::Bool("enable_local_script_checks")),
    ("enable-script-checks", Target::Bool("enable_script_checks")),
    ("encrypt", Target::Text("encrypt")),
    ("grpc-port", Target::Int("ports.grpc")),
    ("grpc-tls-port", Target::Int("ports.grpc_tls")),
    ("hcl", Target::Fragment),
    ("http-port", Target::Int("ports.http")),
    ("https-port", Target::Int("ports.https")),
    ("join", Target::Texts("start_join")),
    ("join-wan", Target::Texts("start_join_wan")),
    ("log-file", Target::Text("log_file")),
    ("log-json", Target::Bool("log_json")),
    ("log-level", Target::Text("log_level")),
    ("log-rotate-bytes", Target::Int("log_rotate_bytes")),
    ("log-rotate-duration", Target::Duration("log_rotate_duration")),
    ("log-rotate-max-files", Target::Int("log_rotate_max_files")),
    ("max-query-time", Target::Duration("max_query_time")),
    ("node", Target::Text("node_name")),
    ("node-id", Target::Text("node_id")),
    ("node-meta", Target::Map("node_meta")),
    ("non-voting-server", Target::IdleBool("read_replica")),
    ("pid-file", Target::Text("pid_file")),
    ("primary-gateway", Target::Texts("primary_gateways")),
    ("protocol", Target::IdleInt("protocol")),
    ("raft-protocol", Target::Int("raft_protocol")),
    ("read-replica", Target::IdleBool("read_replica")),
    ("recursor", Target::Texts("recursors")),
    ("rejoin", Target::Bool("rejoin_after_leave")),
    ("retry-interval", Target::Duration("retry_interval")),
    ("retry-interval-wan", Target::Duration("retry_interval_wan")),
    ("retry-join", Target::Texts("retry_join")),
    ("retry-join-wan", Target::Texts("retry_join_wan")),
    ("retry-max", Target::Int("retry_max")),
    ("retry-max-wan", Target::Int("retry_max_wan")),
    ("segment", Target::Idle("segment")),
    ("serf-lan-allowed-cidrs", Target::Texts("serf_lan_allowed_cidrs")),
    ("serf-lan-bind", Target::Text("serf_lan")),
    ("serf-lan-port", Target::Int("ports.serf_lan")),
    ("serf-wan-allowed-cidrs", Target::Texts("serf_wan_allowed_cidrs")),
    ("serf-wan-bind", Target::Text("serf_wan")),
    ("serf-wan-port", Target::Int("ports.serf_wan")),
    ("server", Target::Bool("server")),
    ("server-port", Target::Int("ports.server")),
    ("syslog", Target::IdleBool("enable_syslog")),
    ("ui", Target::IdleBool("ui_config.enabled")),
    ("ui-content-path", Target::Idle("ui_config.content_path")),
    ("ui-dir", Target::Idle("ui_config.dir")),
];
