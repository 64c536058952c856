//! The DNS interface: `dns_config` and `recursors`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::reader::{Context, Findings, Reader};
use crate::{address, duration};

/// The port of DNS.
const PORT: u16 = 53;

/// How names are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    /// Whether any server may answer, not only the leader.
    pub allow_stale: bool,
    /// How old the state of such a server may be.
    pub max_stale: Duration,
    /// How long answers about nodes may be remembered.
    pub node_ttl: Duration,
    /// How long answers about services may be: by name, by the beginning of a name (`web*`), or for all (`*`). Lower case.
    pub service_ttl: Vec<(String, Duration)>,
    /// Whether clients are told that an answer was cut.
    pub enable_truncate: bool,
    /// Whether instances with warnings are left out.
    pub only_passing: bool,
    /// Whether names are written out in answers.
    pub disable_compression: bool,
    /// Most answers over UDP without EDNS.
    pub udp_answer_limit: u32,
    /// Most addresses in any answer; none for no limit.
    pub a_record_limit: Option<u32>,
    /// Whether a node's metadata comes along with its addresses.
    pub enable_additional_node_meta_txt: bool,
    /// How old an answer of other processes may be that is given again without asking them (`use_cache`, `cache_max_age`); none: they are
    /// asked. Zero leaves open how old those may be that are kept current anyhow.
    pub cache: Option<Duration>,
    /// Times in the start of the zone.
    pub soa: Soa,
    /// Who resolves other names.
    pub recursors: Vec<SocketAddr>,
    /// Which of them is asked first.
    pub recursor_strategy: RecursorStrategy,
    /// How long each of them may take.
    pub recursor_timeout: Duration,
}

/// Which recursor is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecursorStrategy {
    /// The first of the list.
    Sequential,
    /// Any, each time another.
    Random,
}

/// Times in the start of the zone, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Soa {
    /// When a secondary looks again.
    pub refresh: u32,
    /// When it tries again.
    pub retry: u32,
    /// When it gives up.
    pub expire: u32,
    /// How long an absence may be remembered.
    pub min_ttl: u32,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Dns, Findings) {
    let mut read = Reader::new(context);
    let strategies = [("sequential", RecursorStrategy::Sequential), ("random", RecursorStrategy::Random)];
    let caches = read.is("dns_config.use_cache");
    let dns = Dns {
        allow_stale: read.truth("dns_config.allow_stale").unwrap_or(true),
        max_stale: read.duration("dns_config.max_stale", Duration::from_secs(87_600 * 3600)),
        node_ttl: read.duration("dns_config.node_ttl", Duration::ZERO),
        service_ttl: service_ttl(&mut read),
        enable_truncate: read.is("dns_config.enable_truncate"),
        only_passing: read.is("dns_config.only_passing"),
        disable_compression: read.is("dns_config.disable_compression"),
        udp_answer_limit: read.positive("dns_config.udp_answer_limit", 3),
        a_record_limit: Some(read.count("dns_config.a_record_limit", 0)).filter(|limit| *limit > 0),
        enable_additional_node_meta_txt: read.truth("dns_config.enable_additional_node_meta_txt").unwrap_or(true),
        cache: Some(read.duration("dns_config.cache_max_age", Duration::ZERO)).filter(|_| caches),
        soa: Soa {
            refresh: read.count("dns_config.soa.refresh", 3600),
            retry: read.count("dns_config.soa.retry", 600),
            expire: read.count("dns_config.soa.expire", 86_400),
            min_ttl: read.count("dns_config.soa.min_ttl", 0),
        },
        recursors: recursors(&mut read, context),
        recursor_strategy: read.choice("dns_config.recursor_strategy", &strategies, RecursorStrategy::Sequential),
        recursor_timeout: read.interval("dns_config.recursor_timeout", Duration::from_secs(2)),
    };
    (dns, read.finish())
}

fn service_ttl(read: &mut Reader<'_>) -> Vec<(String, Duration)> {
    let mut found = Vec::new();
    for (name, value) in read.pairs("dns_config.service_ttl") {
        let key = format!("dns_config.service_ttl.{name}");
        match duration::parse(&value.value).map(u64::try_from) {
            Ok(Ok(nanos)) => found.push((name.to_lowercase(), Duration::from_nanos(nanos))),
            Ok(Err(_)) => read.wrong_at(Some(value.origin.clone()), &key, format!("{key} cannot be negative")),
            Err(error) => read.wrong_at(Some(value.origin.clone()), &key, format!("{key}: invalid duration: {:?}: {error}", value.value)),
        }
    }
    found
}

/// Addresses, with a port or without.
fn recursors(read: &mut Reader<'_>, context: &Context<'_>) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for given in read.texts("recursors") {
        match address::expand(&given.value, context.host)
            .and_then(|text| text.split_whitespace().map(recursor).collect::<Result<Vec<_>, _>>())
        {
            Ok(addresses) => found.extend(addresses),
            Err(reason) => read.wrong_at(Some(given.origin.clone()), "recursors", format!("recursors: {reason}")),
        }
    }
    found
}

fn recursor(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let ip: IpAddr = address::ip(text)?;
    if ip.is_unspecified() {
        return Err(format!("DNS recursor address cannot be {ip}"));
    }
    Ok(SocketAddr::new(ip, PORT))
}
