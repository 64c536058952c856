//! The flags of `delian agent` and what each sets.

use crate::schema;

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
    Dev,
    ConfigPath,
    ConfigFormat,
    Fragment,
}

impl Target {
    pub(super) fn is_bool(self) -> bool {
        matches!(self, Self::Bool(_) | Self::Dev)
    }

    /// The key that it sets, if nothing acts on it.
    pub(super) fn idle_key(self) -> Option<&'static str> {
        match self {
            Self::Bool(key) | Self::Int(key) | Self::Text(key) | Self::Duration(key) | Self::Texts(key) | Self::Map(key) => {
                schema::is_idle(schema::AGENT, key).then_some(key)
            }
            Self::Dev | Self::ConfigPath | Self::ConfigFormat | Self::Fragment => None,
        }
    }
}

/// Name, what it sets, and what that means.
pub(super) const FLAGS: &[(&str, Target, &str)] = &[
    ("advertise", Target::Text("advertise_addr"), "Address that the other members of the datacenter reach us at."),
    ("advertise-wan", Target::Text("advertise_addr_wan"), "Address that other datacenters reach us at."),
    ("allow-write-http-from", Target::Texts("http_config.allow_write_http_from"), "Network (CIDR) that may write over HTTP. Repeatable."),
    ("alt-domain", Target::Text("alt_domain"), "A second DNS domain to answer for."),
    ("auto-reload-config", Target::Bool("auto_reload_config"), "Reload when files change."),
    ("bind", Target::Text("bind_addr"), "Address of gossip and RPC."),
    ("bootstrap", Target::Bool("bootstrap"), "One server makes the cluster by itself."),
    ("bootstrap-expect", Target::Int("bootstrap_expect"), "Servers that must be there before they make the cluster."),
    ("check_output_max_size", Target::Int("check_output_max_size"), "Longest output of a check, in bytes."),
    ("client", Target::Text("client_addr"), "Address of HTTP, HTTPS and DNS."),
    ("config-dir", Target::ConfigPath, "Directory whose .hcl and .json files are read. Repeatable."),
    ("config-file", Target::ConfigPath, "File to read, HCL or JSON; later ones win. Repeatable."),
    ("config-format", Target::ConfigFormat, "Language of files named otherwise: hcl or json."),
    ("data-dir", Target::Text("data_dir"), "Directory for what must survive a restart."),
    ("datacenter", Target::Text("datacenter"), "Name of the datacenter."),
    ("default-query-time", Target::Duration("default_query_time"), "How long a blocking query waits that does not say."),
    ("dev", Target::Dev, "A server on 127.0.0.1 that keeps everything in memory."),
    ("disable-host-node-id", Target::Bool("disable_host_node_id"), "Do not derive the node's ID from the host."),
    ("disable-keyring-file", Target::Bool("disable_keyring_file"), "Keep gossip keys in memory only."),
    ("dns-port", Target::Int("ports.dns"), "Port of DNS; -1 for none."),
    ("domain", Target::Text("domain"), "The DNS domain to answer for."),
    ("enable-local-script-checks", Target::Bool("enable_local_script_checks"), "Allow script checks that configuration files define."),
    ("enable-script-checks", Target::Bool("enable_script_checks"), "Allow script checks, those of the HTTP API too."),
    ("encrypt", Target::Text("encrypt"), "Gossip key: 16, 24 or 32 bytes in base64."),
    ("grpc-port", Target::Int("ports.grpc"), "Port of gRPC; -1 for none."),
    ("grpc-tls-port", Target::Int("ports.grpc_tls"), "Port of gRPC over TLS; -1 for none."),
    ("hcl", Target::Fragment, "A piece of HCL, as if it were a file. Repeatable."),
    ("http-port", Target::Int("ports.http"), "Port of HTTP; -1 for none."),
    ("https-port", Target::Int("ports.https"), "Port of HTTPS; -1 for none."),
    ("join", Target::Texts("start_join"), "Address to join at the start, once. Repeatable."),
    ("join-wan", Target::Texts("start_join_wan"), "Gateway to join at the start, once. Repeatable."),
    ("log-file", Target::Text("log_file"), "File, or directory with a slash at its end, to log to."),
    ("log-json", Target::Bool("log_json"), "Log in JSON."),
    ("log-level", Target::Text("log_level"), "trace, debug, info, warn or error."),
    ("log-rotate-bytes", Target::Int("log_rotate_bytes"), "A log file is followed by another after so many bytes."),
    ("log-rotate-duration", Target::Duration("log_rotate_duration"), "A log file is followed by another after so long."),
    ("log-rotate-max-files", Target::Int("log_rotate_max_files"), "Old log files to keep: 0 for all, -1 for none."),
    ("max-query-time", Target::Duration("max_query_time"), "How long a blocking query may wait at most."),
    ("node", Target::Text("node_name"), "Name of this node, unique in the datacenter."),
    ("node-id", Target::Text("node_id"), "ID of this node, a UUID."),
    ("node-meta", Target::Map("node_meta"), "Metadata of the node, KEY:VALUE. Repeatable."),
    ("non-voting-server", Target::Bool("read_replica"), "Old name of -read-replica."),
    ("pid-file", Target::Text("pid_file"), "File to write the process's ID to."),
    ("primary-gateway", Target::Texts("primary_gateways"), "Mesh gateway of the primary datacenter. Repeatable."),
    ("protocol", Target::Int("protocol"), "Version of the protocol."),
    ("raft-protocol", Target::Int("raft_protocol"), "Version of the raft protocol: 3."),
    ("read-replica", Target::Bool("read_replica"), "A server without a vote."),
    ("recursor", Target::Texts("recursors"), "Resolver for names outside of the domain. Repeatable."),
    ("rejoin", Target::Bool("rejoin_after_leave"), "Join again after a restart although we had left."),
    ("retry-interval", Target::Duration("retry_interval"), "Time between attempts of -retry-join."),
    ("retry-interval-wan", Target::Duration("retry_interval_wan"), "Time between attempts of -retry-join-wan."),
    ("retry-join", Target::Texts("retry_join"), "Address to join, tried until it works. Repeatable."),
    ("retry-join-wan", Target::Texts("retry_join_wan"), "Gateway to join, tried until it works. Repeatable."),
    ("retry-max", Target::Int("retry_max"), "Attempts of -retry-join before giving up; 0: no limit."),
    ("retry-max-wan", Target::Int("retry_max_wan"), "Attempts of -retry-join-wan before giving up; 0: no limit."),
    ("segment", Target::Text("segment"), "Network segment to join."),
    ("serf-lan-allowed-cidrs", Target::Texts("serf_lan_allowed_cidrs"), "Network that LAN members may come from. Repeatable."),
    ("serf-lan-bind", Target::Text("serf_lan"), "Address of LAN gossip, instead of -bind."),
    ("serf-lan-port", Target::Int("ports.serf_lan"), "Port of LAN gossip."),
    ("serf-wan-allowed-cidrs", Target::Texts("serf_wan_allowed_cidrs"), "Network that WAN members may come from. Repeatable."),
    ("serf-wan-bind", Target::Text("serf_wan"), "Address of WAN gossip, instead of -bind."),
    ("serf-wan-port", Target::Int("ports.serf_wan"), "Port of WAN gossip."),
    ("server", Target::Bool("server"), "Run a server instead of a client agent."),
    ("server-port", Target::Int("ports.server"), "Port of RPC."),
    ("syslog", Target::Bool("enable_syslog"), "Log to syslog."),
    ("ui", Target::Bool("ui_config.enabled"), "Serve the web interface."),
    ("ui-content-path", Target::Text("ui_config.content_path"), "Path of the web interface."),
    ("ui-dir", Target::Text("ui_config.dir"), "Directory with the web interface."),
];
