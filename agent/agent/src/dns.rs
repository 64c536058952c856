//! The DNS edge's settings out of the agent's configuration.

use anyhow::Context as _;
use config::{Config, RecursorStrategy};
use edge_dns::{DnsConfig, Recursors, SoaTimes, Ttl, Zone, Zones};
use std::net::SocketAddr;
use std::time::Duration;

/// Where DNS is served; nowhere when its port is -1.
pub(crate) fn addresses(config: &Config) -> Vec<SocketAddr> {
    let port = config.ports.dns;
    config.addresses.dns.iter().filter_map(|ip| Some(SocketAddr::new(*ip, port?))).collect()
}

/// How it is.
pub(crate) fn config(config: &Config) -> anyhow::Result<DnsConfig> {
    let (node, dns) = (&config.node, &config.dns);
    let alternate = node.alt_domain.as_deref().map(Zone::new).transpose().context("alt_domain")?;
    let zones = Zones { domain: Zone::new(&node.domain).context("domain")?, alternate };
    let tokens = &config.acl.tokens;
    let token = tokens.dns.as_ref().or(tokens.default.as_ref()).map(|token| token.expose().to_owned());
    Ok(DnsConfig {
        token: api::Token(token.unwrap_or_default()),
        ttl: Ttl {
            node: seconds(dns.node_ttl),
            services: dns.service_ttl.iter().map(|(name, ttl)| (name.clone(), seconds(*ttl))).collect(),
        },
        soa: SoaTimes { refresh: dns.soa.refresh, retry: dns.soa.retry, expire: dns.soa.expire, minimum: dns.soa.min_ttl },
        max_stale: dns.allow_stale.then_some(dns.max_stale),
        cache: dns.cache,
        only_passing: dns.only_passing,
        enable_truncate: dns.enable_truncate,
        udp_answer_limit: dns.udp_answer_limit as usize,
        a_record_limit: dns.a_record_limit.map_or(0, |limit| limit as usize),
        compress: !dns.disable_compression,
        node_meta_txt: dns.enable_additional_node_meta_txt,
        translate_wan_addrs: config.addresses.translate_wan_addrs,
        recursors: Recursors {
            addresses: dns.recursors.clone(),
            random: dns.recursor_strategy == RecursorStrategy::Random,
            timeout: dns.recursor_timeout,
        },
        ..DnsConfig::new(&node.datacenter, &node.node_name, zones)
    })
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}
