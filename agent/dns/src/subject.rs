//! What a name in a zone asks for: the forms of Consul's DNS interface.

use crate::record::kind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a name asks for, and in which datacenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What.
    pub subject: Subject,
    /// Where; `None` is here.
    pub datacenter: Option<String>,
}

/// What a name asks for. Names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `<node>.node`
    Node(String),
    /// `[<tag>.]<service>.service`, `_<service>._<tag>[.service]`, `<port>.port.<service>.service`
    Service {
        /// The service.
        name: String,
        /// The tag that its instances must have.
        tag: Option<String>,
        /// Which of its ports, by name.
        port: Option<String>,
    },
    /// `<service>.connect`: what leads to it over the mesh.
    Connect(String),
    /// `<service>.ingress`: the gateways that let strangers in to it.
    Ingress(String),
    /// `<service>.virtual`: its address in the mesh.
    Virtual(String),
    /// `<query>.query`: a prepared query, by name or id.
    Query(String),
    /// `<hexadecimal>.addr`: the address that it spells.
    Address(IpAddr),
    /// `<anything of another length>.addr`: Consul says that there is such a name, and nothing of it.
    NoAddress,
}

/// The words that say what is asked for, one of which each name has.
const WORDS: [&str; 7] = ["service", "connect", "ingress", "node", "query", "addr", "virtual"];

impl Asked {
    /// Reads the labels that stand before the domain, in lower case. `None` when they make no sense.
    #[must_use]
    pub fn read(labels: &[&str], asked_kind: u16) -> Option<Self> {
        let at = labels.iter().rposition(|label| WORDS.contains(label) || (asked_kind == kind::SRV && label.starts_with('_')))?;
        let word = *labels.get(at)?;
        // In a question for SRV, `service` may be left out after `_name._protocol`.
        let (word, parts) = if WORDS.contains(&word) { (word, labels.get(..at)?) } else { ("service", labels.get(..=at)?) };
        let datacenter = datacenter(labels.get(at + 1..)?)?;
        let subject = Subject::read(word, parts)?;
        Some(Self { subject, datacenter })
    }
}

impl Subject {
    fn read(word: &str, parts: &[&str]) -> Option<Self> {
        let (last, before) = parts.split_last()?;
        match word {
            "node" => Some(Self::Node(parts.join("."))),
            "query" => Some(Self::Query(rfc_2782(parts).map_or_else(|| parts.join("."), |(name, _)| name.to_owned()))),
            "connect" => Some(Self::Connect((*last).to_owned())),
            "ingress" => Some(Self::Ingress((*last).to_owned())),
            "virtual" => Some(Self::Virtual((*last).to_owned())),
            "addr" => before.is_empty().then(|| address(last))?,
            _ => Some(service(last, before, parts)),
        }
    }
}

fn service(last: &str, before: &[&str], parts: &[&str]) -> Subject {
    if let Some((name, protocol)) = rfc_2782(parts) {
        let tag = (protocol != "tcp").then(|| protocol.to_owned());
        return Subject::Service { name: name.to_owned(), tag, port: None };
    }
    if let [port, "port"] = before {
        return Subject::Service { name: last.to_owned(), tag: None, port: Some((*port).to_owned()) };
    }
    let tag = (!before.is_empty()).then(|| before.join("."));
    Subject::Service { name: last.to_owned(), tag, port: None }
}

/// `_name._protocol`, without the underscores.
fn rfc_2782<'n>(parts: &[&'n str]) -> Option<(&'n str, &'n str)> {
    let [name, protocol] = parts else { return None };
    Some((name.strip_prefix('_')?, protocol.strip_prefix('_')?))
}

/// `None` for an address that is spelled wrong.
fn address(label: &str) -> Option<Subject> {
    let is_hex = label.bytes().all(|digit| digit.is_ascii_hexdigit());
    match label.len() {
        8 | 32 if !is_hex => None,
        8 => u32::from_str_radix(label, 16).ok().map(|ip| Subject::Address(Ipv4Addr::from_bits(ip).into())),
        32 => u128::from_str_radix(label, 16).ok().map(|ip| Subject::Address(Ipv6Addr::from_bits(ip).into())),
        _ => Some(Subject::NoAddress),
    }
}

/// The datacenter that the labels after the word name: none, one, or pairs like `dc2.dc`. Of namespaces and partitions there is one
/// each, `default`. The inner `None` is here, the outer says that there is no such place.
#[expect(clippy::option_option, reason = "nothing said, and nothing found")]
fn datacenter(labels: &[&str]) -> Option<Option<String>> {
    let mut named = None;
    let mut pairs = labels.chunks_exact(2);
    for pair in &mut pairs {
        match pair {
            [name, "dc"] => named = Some((*name).to_owned()),
            ["default", "ns" | "ap"] => {}
            _ => return None,
        }
    }
    match pairs.remainder() {
        [] => Some(named),
        [name] if named.is_none() => Some(Some((*name).to_owned())),
        _ => None,
    }
}

/// The address that a name below `arpa` is the reverse of (RFC 1035 section 3.5, RFC 3596 section 2.5). `labels` are those before.
#[must_use]
pub fn reversed(labels: &[&str]) -> Option<IpAddr> {
    let (family, digits) = labels.split_last()?;
    match *family {
        "in-addr" => {
            let mut octets = [0u8; 4];
            if digits.len() != octets.len() {
                return None;
            }
            for (octet, label) in octets.iter_mut().rev().zip(digits) {
                *octet = label.parse().ok().filter(|_| label.bytes().all(|digit| digit.is_ascii_digit()))?;
            }
            Some(Ipv4Addr::from(octets).into())
        }
        "ip6" if digits.len() == 32 => {
            let mut bits = 0u128;
            for label in digits.iter().rev() {
                let mut characters = label.chars();
                let (Some(nibble), None) = (characters.next()?.to_digit(16), characters.next()) else { return None };
                bits = bits << 4 | u128::from(nibble);
            }
            Some(Ipv6Addr::from_bits(bits).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
