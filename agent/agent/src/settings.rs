//! An agent's settings out of the agent's configuration.

mod watches;

use crate::internal_rpc::{self, Process};
use crate::{definitions, https, logs};
use anyhow::Context as _;
use api::http::Context;
use config::{Config, Endpoint, GossipTiming};
use desk::{AgentSettings, Compaction, HttpAddress, Reloadable};
use dispatch::Tracer;
use edge_http::{Access, HttpConfig};
use http::{HeaderMap, HeaderName, HeaderValue};
use members::GossipKey;
use server::Settings;
use std::net::SocketAddr;
use std::sync::Arc;
use telemetry::{Guard, LevelSwitch, LogTap, MetricsSettings};

/// What watches a process from within.
#[derive(Clone, Default)]
pub(crate) struct Observers {
    pub(crate) tracer: Option<Arc<dyn Tracer>>,
    pub(crate) log: Option<LogTap>,
    pub(crate) level: Option<LevelSwitch>,
}

impl Observers {
    pub(crate) fn of(guard: &Guard) -> Self {
        Self { tracer: guard.tracer(), log: Some(guard.tap()), level: Some(guard.level_switch()) }
    }
}

/// What a server is told.
pub(crate) fn server(config: &Config, observers: Observers) -> anyhow::Result<Settings> {
    Ok(Settings {
        agent: agent(config, observers)?,
        rpc_port: config.ports.server.context("ports.server: a server needs its port")?,
        wan_port: config.ports.serf_wan.unwrap_or(8302),
        bootstrap_expect: config.node.bootstrap_expect,
        gossip_wan: members::Config {
            reconnect_timeout: config.join.reconnect_timeout_wan,
            ..gossip(members::Config::wan(), &config.gossip.gossip_wan, config)
        },
        retry_join_wan: config.join.start_join_wan.iter().chain(&config.join.retry_join_wan.addrs).cloned().collect(),
        dev: config.node.dev,
        raft_multiplier: config.performance.raft_multiplier,
        autopilot: api::operator::Autopilot {
            cleanup_dead_servers: config.autopilot.cleanup_dead_servers,
            last_contact_threshold: millis(config.autopilot.last_contact_threshold),
            max_trailing_logs: config.autopilot.max_trailing_logs,
            min_quorum: u64::from(config.autopilot.min_quorum),
            server_stabilization_time: millis(config.autopilot.server_stabilization_time),
            ..Default::default()
        },
    })
}

/// What any agent is told.
pub(crate) fn agent(config: &Config, observers: Observers) -> anyhow::Result<AgentSettings> {
    let node = &config.node;
    Ok(AgentSettings {
        datacenter: node.datacenter.clone(),
        primary_datacenter: node.primary_datacenter.clone(),
        node_name: node.node_name.clone(),
        node_id: node.node_id.as_ref().map(|id| id.as_str().to_owned()),
        domain: node.domain.trim_end_matches('.').to_owned(),
        data_dir: node.data_dir.clone().filter(|_| !node.dev),
        bind: config.addresses.bind_addr,
        advertise: config.addresses.advertise_addr,
        advertise_wan: config.addresses.advertise_addr_wan,
        lan_port: config.ports.serf_lan.context("ports.serf_lan: an agent needs its port")?,
        http: http_addresses(config),
        https: https::addresses(config),
        dns: crate::dns::addresses(config),
        gossip: gossip(members::Config::lan(), &config.gossip.gossip_lan, config),
        tracer: observers.tracer,
        log: observers.log,
        level: observers.level,
        encrypt: gossip_key(config.gossip.encrypt.as_ref())?,
        keyring_file: !config.gossip.disable_keyring_file,
        retry_join: config.join.start_join.iter().chain(&config.join.retry_join.addrs).cloned().collect(),
        retry_interval: config.join.retry_join.interval,
        retry_max: config.join.retry_join.max.unwrap_or(0),
        rpc_hold: config.performance.rpc_hold_timeout,
        leave_drain: config.performance.leave_drain_time,
        coordinates: !config.gossip.disable_coordinates,
        reloadable: reloadable(config)?,
        reload: None,
        prometheus: !config.telemetry.prometheus_retention_time.is_zero(),
    })
}

/// What of it may be replaced later. Reads the files of certificates.
pub(crate) fn reloadable(config: &Config) -> anyhow::Result<Reloadable> {
    let process = if config.node.server { Process::ServerOrGateway } else { Process::ClientAgent };
    Ok(Reloadable {
        log_level: logs::level(config.log.level),
        node_meta: config.node.node_meta.clone(),
        services: definitions::services(config)?,
        watches: config.watches.iter().map(watches::watch).collect::<Result<_, _>>()?,
        http: http(config)?,
        https: https::tls(config)?,
        dns: crate::dns::config(config)?,
        internal_rpc: internal_rpc::certificates(&config.tls.internal_rpc, process)?,
        compaction: Compaction {
            threshold: config.raft.snapshot_threshold,
            interval: config.raft.snapshot_interval,
            trailing: config.raft.trailing_logs,
        },
        metrics: metrics(&config.telemetry),
        debug_config: debug(config),
    })
}

fn metrics(config: &config::Telemetry) -> MetricsSettings {
    // As Consul does: the machine's name, not the node's.
    let hostname = (!config.disable_hostname).then(|| crate::host::host().name).filter(|name| !name.is_empty());
    MetricsSettings {
        prefix: config.metrics_prefix.clone(),
        hostname,
        allowed_prefixes: config.allowed_prefixes.clone(),
        blocked_prefixes: config.blocked_prefixes.clone(),
        filter_default: config.filter_default,
    }
}

/// The gossip key, as the pools take it.
pub(crate) fn gossip_key(key: Option<&config::GossipKey>) -> anyhow::Result<Option<GossipKey>> {
    key.map(|key| GossipKey::new(key.bytes()).context("encrypt")).transpose()
}

fn http_addresses(config: &Config) -> Vec<HttpAddress> {
    let address = |endpoint: &Endpoint| match endpoint {
        Endpoint::Ip(ip) => config.ports.http.map(|port| HttpAddress::Tcp(SocketAddr::new(*ip, port))),
        Endpoint::Unix(path) => Some(HttpAddress::Unix(path.clone())),
    };
    config.addresses.http.iter().filter_map(address).collect()
}

fn http(config: &Config) -> anyhow::Result<HttpConfig> {
    let mut response_headers = HeaderMap::new();
    for (name, value) in &config.http.response_headers {
        let name = HeaderName::try_from(name.as_str()).with_context(|| format!("http_config.response_headers: {name:?}"))?;
        let value = HeaderValue::try_from(value.as_str()).with_context(|| format!("http_config.response_headers: {name}"))?;
        response_headers.insert(name, value);
    }
    let limit = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let context = Context {
        node: config.node.node_name.clone(),
        datacenter: config.node.datacenter.clone(),
        kv_max_value_size: limit(config.limits.kv_max_value_size),
        txn_max_req_len: limit(config.limits.txn_max_req_len),
        default_query_time: config.http.default_query_time,
        max_query_time: config.http.max_query_time,
        pretty: config.node.dev,
        use_cache: config.http.use_cache,
        translate_wan_addrs: config.addresses.translate_wan_addrs,
        ..Context::default()
    };
    let access = Access { blocked: config.http.block_endpoints.clone(), writers: config.http.allow_write_http_from.clone() };
    let defaults = HttpConfig::default();
    Ok(HttpConfig {
        context,
        access,
        response_headers,
        max_connections_per_client: config.limits.http_max_conns_per_client as usize,
        max_header_bytes: config.http.max_header_bytes.map_or(defaults.max_header_bytes, |bytes| bytes as usize),
        drain: config.performance.leave_drain_time,
        ..defaults
    })
}

fn gossip(defaults: members::Config, timing: &GossipTiming, config: &Config) -> members::Config {
    // Who sets how long a suspect has, means it: no evidence shortens that.
    let (suspicion_mult, silent_share, refused_share) = match timing.suspicion_mult {
        Some(mult) => (mult, 1.0, 1.0),
        None => (defaults.suspicion_mult, defaults.silent_share, defaults.refused_share),
    };
    members::Config {
        gossip_interval: timing.gossip_interval,
        gossip_nodes: timing.gossip_nodes as usize,
        probe_interval: timing.probe_interval,
        probe_timeout: timing.probe_timeout,
        // As often within the timeout as by default.
        ping_gap: timing.probe_timeout.mul_f64(defaults.ping_gap.div_duration_f64(defaults.probe_timeout)),
        suspicion_mult,
        silent_share,
        refused_share,
        retransmit_mult: timing.retransmit_mult,
        reconnect_timeout: config.join.reconnect_timeout,
        verify_incoming: config.gossip.encrypt_verify_incoming,
        verify_outgoing: config.gossip.encrypt_verify_outgoing,
        ..defaults
    }
}

/// What `/v1/agent/self` shows, without anything secret.
fn debug(config: &Config) -> serde_json::Value {
    serde_json::json!({
        "Datacenter": config.node.datacenter,
        "PrimaryDatacenter": config.node.primary_datacenter,
        "NodeName": config.node.node_name,
        "ServerMode": config.node.server,
        "BootstrapExpect": config.node.bootstrap_expect,
        "BindAddr": config.addresses.bind_addr.to_string(),
        "AdvertiseAddrLAN": config.addresses.advertise_addr.to_string(),
        "AdvertiseAddrWAN": config.addresses.advertise_addr_wan.to_string(),
        "DataDir": config.node.data_dir,
        "DevMode": config.node.dev,
        "EncryptKey": if config.gossip.encrypt.is_some() { "hidden" } else { "" },
        "RetryJoinLAN": config.join.retry_join.addrs,
        "RetryJoinWAN": config.join.retry_join_wan.addrs,
        "HTTPPort": config.ports.http.map_or(-1, i32::from),
        "ServerPort": config.ports.server.map_or(-1, i32::from),
        "SerfPortLAN": config.ports.serf_lan.map_or(-1, i32::from),
    })
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use config::{Flags, Host, Inputs, Source};
    use hcl::Format;
    use std::time::Duration;

    fn pools(text: &str) -> [members::Config; 2] {
        let flags = Flags::parse(["-data-dir=/var/lib/delian", "-bind=127.0.0.1"].map(str::to_owned)).unwrap();
        let files = vec![Source { name: "gossip.hcl".to_owned(), text: text.to_owned(), format: Format::Hcl }];
        let host = Host { name: "one".to_owned(), addresses: vec![("lo".to_owned(), std::net::Ipv4Addr::LOCALHOST.into())] };
        let config = config::resolve(&Inputs { flags, files, host }).unwrap();
        let gossip = |defaults, timing| gossip(defaults, timing, &config);
        [gossip(members::Config::lan(), &config.gossip.gossip_lan), gossip(members::Config::wan(), &config.gossip.gossip_wan)]
    }

    #[test]
    fn whoever_sets_how_long_a_suspect_has_means_it() {
        let [lan, wan] = pools("");
        assert_eq!((lan, wan), (members::Config::lan(), members::Config::wan()));
        let [lan, _] = pools("gossip_lan { suspicion_mult = 4 }");
        assert_eq!((lan.suspicion_mult, lan.silent_share, lan.refused_share), (4, 1.0, 1.0));
    }

    #[test]
    fn pings_are_repeated_as_often_within_any_timeout() {
        let [lan, wan] = pools("gossip_lan { probe_timeout = \"2s\" } gossip_wan { probe_timeout = \"700ms\" }");
        assert_eq!((lan.ping_gap, wan.ping_gap), (Duration::from_millis(400), Duration::from_millis(700)));
    }
}
