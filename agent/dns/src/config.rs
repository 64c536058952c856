//! What can be set.

use crate::record::SoaTimes;
use crate::zone::Zones;
use api::Token;
use std::net::SocketAddr;
use std::time::Duration;

/// Settings of the DNS edge: Consul's `dns_config`, and what it needs of the rest.
#[derive(Clone, Debug)]
pub struct DnsConfig {
    /// The datacenter of this process.
    pub datacenter: String,
    /// The name of its node.
    pub node_name: String,
    /// What is answered for.
    pub zones: Zones,
    /// Who asks.
    pub token: Token,
    /// How long answers may be remembered.
    pub ttl: Ttl,
    /// Times of a zone's start.
    pub soa: SoaTimes,
    /// Whether any server may answer (`allow_stale`), and how old its state may be (`max_stale`); `None`: only the leader.
    pub max_stale: Option<Duration>,
    /// Whether what other processes replied to a question about a service or a query is taken from the agent's cache (`use_cache`), and how
    /// old it may be (`cache_max_age`): at zero a query is executed each time, and of a service it may have any age, since it is kept current
    /// as long as anybody can be asked.
    pub cache: Option<Duration>,
    /// Whether instances with warnings are left out.
    pub only_passing: bool,
    /// Whether a client is told that its answer was cut.
    pub enable_truncate: bool,
    /// Answers in a datagram without EDNS.
    pub udp_answer_limit: usize,
    /// Addresses in any answer; 0 for all.
    pub a_record_limit: usize,
    /// Whether names are written short.
    pub compress: bool,
    /// Whether a node's metadata comes along with its addresses.
    pub node_meta_txt: bool,
    /// Whether nodes of other datacenters are given with their WAN addresses.
    pub translate_wan_addrs: bool,
    /// Who resolves what is not ours.
    pub recursors: Recursors,
    /// How long a client waits for an answer: a question that is older when it is read, or still under way, is dropped.
    pub patience: Duration,
    /// Questions that may be looked up at once.
    pub max_lookups: usize,
    /// TCP connections at once.
    pub max_connections: usize,
    /// TCP connections at once from one address, so that one client leaves others room.
    pub max_connections_per_client: usize,
    /// Questions over TCP that may be looked up at once.
    pub max_tcp_lookups: usize,
    /// How long a TCP connection may be idle: without a whole question, and without an answer.
    pub idle: Duration,
}

impl DnsConfig {
    /// Consul's defaults, for a node of `datacenter`.
    #[must_use]
    pub fn new(datacenter: &str, node_name: &str, zones: Zones) -> Self {
        Self {
            datacenter: datacenter.to_owned(),
            node_name: node_name.to_owned(),
            zones,
            token: Token::default(),
            ttl: Ttl::default(),
            soa: SoaTimes::default(),
            max_stale: Some(Duration::from_secs(87_600 * 3600)),
            cache: None,
            only_passing: false,
            enable_truncate: false,
            udp_answer_limit: 3,
            a_record_limit: 0,
            compress: true,
            node_meta_txt: true,
            translate_wan_addrs: false,
            recursors: Recursors::default(),
            patience: Duration::from_secs(5),
            max_lookups: 1024,
            max_connections: 1024,
            max_connections_per_client: 256,
            max_tcp_lookups: 4096,
            idle: Duration::from_secs(10),
        }
    }
}

/// How long answers may be remembered, in seconds.
#[derive(Clone, Debug, Default)]
pub struct Ttl {
    /// Of nodes.
    pub node: u32,
    /// Of services, by name, by the beginning of it (`web*`), or of all (`*`). Lower case.
    pub services: Vec<(String, u32)>,
}

impl Ttl {
    /// Of this service, in lower case: a whole name counts more than a beginning, a longer beginning more than a shorter.
    #[must_use]
    pub fn service(&self, name: &str) -> u32 {
        let rank = |pattern: &str| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning).then_some(beginning.len()),
            None => (pattern == name).then_some(usize::MAX),
        };
        let matching = self.services.iter().filter_map(|(pattern, ttl)| Some((rank(pattern)?, *ttl)));
        matching.max_by_key(|(rank, _)| *rank).map_or(0, |(_, ttl)| ttl)
    }
}

/// Who resolves what is not ours.
#[derive(Clone, Debug)]
pub struct Recursors {
    /// Where they are.
    pub addresses: Vec<SocketAddr>,
    /// Whether each question begins with another one (`recursor_strategy`).
    pub random: bool,
    /// How long each may take.
    pub timeout: Duration,
}

impl Default for Recursors {
    fn default() -> Self {
        Self { addresses: Vec::new(), random: false, timeout: Duration::from_secs(2) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_beat_beginnings_and_these_the_star() {
        let services = [("*", 1), ("web*", 2), ("web-front*", 3), ("web-front", 4)];
        let ttl = Ttl { node: 0, services: services.map(|(name, ttl)| (name.to_owned(), ttl)).to_vec() };
        for (name, expected) in [("db", 1), ("web", 2), ("website", 2), ("web-fronts", 3), ("web-front", 4)] {
            assert_eq!(ttl.service(name), expected, "{name}");
        }
        assert_eq!(Ttl::default().service("web"), 0);
    }
}
