//! Where the agent listens and which addresses it tells others.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use crate::reader::{Context, Findings, Reader};
use crate::{Host, Ports, address};

/// Something to listen on besides a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// An address of the machine.
    Ip(IpAddr),
    /// A Unix socket at a path; ports do not apply.
    Unix(PathBuf),
}

/// Addresses by purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Cluster traffic listens here.
    pub bind_addr: IpAddr,
    /// What others of the datacenter are told; never unspecified.
    pub advertise_addr: IpAddr,
    /// What other datacenters are told; never unspecified.
    pub advertise_addr_wan: IpAddr,
    /// LAN gossip listens here; `bind_addr` unless `serf_lan` says otherwise.
    pub serf_lan: IpAddr,
    /// WAN gossip listens here; `bind_addr` unless `serf_wan` says otherwise.
    pub serf_wan: IpAddr,
    /// Where clients are served unless a protocol has its own; empty serves nobody.
    pub client_addrs: Vec<Endpoint>,
    /// DNS; IP addresses only.
    pub dns: Vec<IpAddr>,
    /// HTTP.
    pub http: Vec<Endpoint>,
    /// HTTPS.
    pub https: Vec<Endpoint>,
    /// gRPC in plain text.
    pub grpc: Vec<Endpoint>,
    /// gRPC over TLS.
    pub grpc_tls: Vec<Endpoint>,
    /// Further addresses of the node by name; always has `lan` and `wan`.
    pub tagged_addresses: BTreeMap<String, String>,
    /// `translate_wan_addrs`: answers about other datacenters give WAN addresses.
    pub translate_wan_addrs: bool,
}

pub(crate) fn resolve(context: &Context<'_>, ports: &Ports) -> (Addresses, Findings) {
    let mut read = Reader::new(context);
    let host = context.host;
    let bind_addr = bind(&mut read, host);
    let own = ["advertise_addr", "advertise_addr_ipv4", "advertise_addr_ipv6"];
    let advertise_addr = match first_of(&mut read, host, own) {
        Some(address) => specified(&mut read, own[0], "Advertise", address),
        None => detect(&mut read, host, bind_addr),
    };
    let wan = ["advertise_addr_wan", "advertise_addr_wan_ipv4", "advertise_addr_wan_ipv6"];
    let advertise_addr_wan = match first_of(&mut read, host, wan) {
        Some(address) => specified(&mut read, wan[0], "Advertise WAN", address),
        None => advertise_addr,
    };

    let default = || vec![Endpoint::Ip(Ipv4Addr::LOCALHOST.into())];
    let client_addrs = endpoints(&mut read, host, "client_addr").unwrap_or_else(default);
    let mut listen = |key| {
        let own = endpoints(&mut read, host, key).filter(|own| !own.is_empty());
        own.unwrap_or_else(|| client_addrs.clone())
    };
    let dns = listen("addresses.dns");
    let http = listen("addresses.http");
    let https = listen("addresses.https");
    let grpc = listen("addresses.grpc");
    let grpc_tls = listen("addresses.grpc_tls");
    let dns = ip_only(&mut read, dns);

    let mut tagged_addresses =
        BTreeMap::from([("lan".to_owned(), advertise_addr.to_string()), ("wan".to_owned(), advertise_addr_wan.to_string())]);
    for (prefix, address) in [("lan", advertise_addr), ("wan", advertise_addr_wan)] {
        let family = if address.is_ipv4() { "ipv4" } else { "ipv6" };
        tagged_addresses.insert(format!("{prefix}_{family}"), address.to_string());
    }
    for (name, value) in read.pairs("tagged_addresses") {
        match address::expand(&value.value, host) {
            Ok(expanded) => {
                tagged_addresses.insert(name.to_owned(), expanded);
            }
            Err(reason) => {
                let key = format!("tagged_addresses.{name}");
                let message = format!("{key}: {reason}");
                read.wrong_at(Some(value.origin.clone()), &key, message);
            }
        }
    }

    let addresses = Addresses {
        bind_addr,
        advertise_addr,
        advertise_addr_wan,
        serf_lan: single(&mut read, host, "serf_lan").unwrap_or(bind_addr),
        serf_wan: single(&mut read, host, "serf_wan").unwrap_or(bind_addr),
        client_addrs,
        dns,
        http,
        https,
        grpc,
        grpc_tls,
        tagged_addresses,
        translate_wan_addrs: read.is("translate_wan_addrs"),
    };
    addresses.refuse_conflicts(ports, &mut read);
    (addresses, read.finish())
}

impl Addresses {
    /// No two listeners share address and port, nor two of the advertised protocols.
    fn refuse_conflicts(&self, ports: &Ports, read: &mut Reader<'_>) {
        let dns: Vec<_> = self.dns.iter().copied().map(Endpoint::Ip).collect();
        let advertised = [Endpoint::Ip(self.advertise_addr)];
        let advertised_wan = [Endpoint::Ip(self.advertise_addr_wan)];
        let uses: [(&str, &str, &[Endpoint], Option<u16>); 8] = [
            ("DNS", "ports.dns", &dns, ports.dns),
            ("HTTP", "ports.http", &self.http, ports.http),
            ("HTTPS", "ports.https", &self.https, ports.https),
            ("gRPC", "ports.grpc", &self.grpc, ports.grpc),
            ("gRPC TLS", "ports.grpc_tls", &self.grpc_tls, ports.grpc_tls),
            ("RPC Advertise", "ports.server", &advertised, ports.server),
            ("Serf Advertise LAN", "ports.serf_lan", &advertised, ports.serf_lan),
            ("Serf Advertise WAN", "ports.serf_wan", &advertised_wan, ports.serf_wan),
        ];
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for (purpose, key, endpoints, port) in uses {
            let Some(port) = port else { continue };
            for endpoint in endpoints {
                let place = match endpoint {
                    Endpoint::Ip(IpAddr::V6(v6)) => format!("[{v6}]:{port}"),
                    Endpoint::Ip(IpAddr::V4(v4)) => format!("{v4}:{port}"),
                    Endpoint::Unix(_) => endpoint.to_string(),
                };
                if let Some(other) = taken.get(&place) {
                    let message = format!("{purpose} address {place} already configured for {other}");
                    read.wrong(key, message);
                } else {
                    taken.insert(place, purpose);
                }
            }
        }
    }
}

impl fmt::Display for Endpoint {
    /// The form that reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

/// The words of `key` with templates expanded; none if unset or wrong.
fn words(read: &mut Reader<'_>, host: &Host, key: &str) -> Option<Vec<String>> {
    match address::expand(read.text(key)?, host) {
        Ok(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
        Err(reason) => {
            read.wrong(key, format!("{key}: {reason}"));
            None
        }
    }
}

fn endpoints(read: &mut Reader<'_>, host: &Host, key: &str) -> Option<Vec<Endpoint>> {
    let mut endpoints = Vec::new();
    for word in words(read, host, key)? {
        match address::endpoint(&word) {
            Ok(endpoint) => endpoints.push(endpoint),
            Err(reason) => read.wrong(key, format!("{key}: {reason}")),
        }
    }
    Some(endpoints)
}

/// The one IP address of `key`; none if unset, empty or wrong.
fn single(read: &mut Reader<'_>, host: &Host, key: &str) -> Option<IpAddr> {
    let words = words(read, host, key)?;
    let message = match words.as_slice() {
        [] => return None,
        [word] if word.starts_with("unix://") => format!("{key} cannot be a unix socket"),
        [word] => match address::ip(word) {
            Ok(address) => return Some(address),
            Err(reason) => format!("{key}: {reason}"),
        },
        several => format!("{key}: multiple addresses found: {}", several.join(" ")),
    };
    read.wrong(key, message);
    None
}

fn bind(read: &mut Reader<'_>, host: &Host) -> IpAddr {
    let any = Ipv4Addr::UNSPECIFIED.into();
    let key = "bind_addr";
    let Some(words) = words(read, host, key) else {
        return any;
    };
    let message = match words.as_slice() {
        [] => "bind_addr cannot be empty".to_owned(),
        [word] if word.starts_with("unix://") => "bind_addr cannot be a unix socket".to_owned(),
        [word] => match address::ip(word) {
            Ok(address) => return address,
            Err(reason) => format!("{key}: {reason}"),
        },
        _ => "bind_addr cannot contain multiple addresses. \
              Use 'addresses.{dns,http,https}' instead."
            .to_owned(),
    };
    read.wrong(key, message);
    any
}

/// The plain key, else the one for IPv4, else the one for IPv6.
fn first_of(read: &mut Reader<'_>, host: &Host, keys: [&str; 3]) -> Option<IpAddr> {
    let [plain, v4, v6] = keys.map(|key| single(read, host, key));
    if v4.is_some_and(|address| !address.is_ipv4()) {
        read.wrong(keys[1], format!("{} must be an ipv4 address", keys[1]));
    }
    if v6.is_some_and(|address| !address.is_ipv6()) {
        read.wrong(keys[2], format!("{} must be an ipv6 address", keys[2]));
    }
    plain.or(v4).or(v6)
}

fn specified(read: &mut Reader<'_>, key: &str, what: &str, address: IpAddr) -> IpAddr {
    if address.is_unspecified() {
        read.wrong(key, format!("{what} address cannot be 0.0.0.0, :: or [::]"));
    }
    address
}

/// The address to advertise for `bind_addr`: itself, or the only candidate of the machine.
fn detect(read: &mut Reader<'_>, host: &Host, bind_addr: IpAddr) -> IpAddr {
    if !bind_addr.is_unspecified() {
        return bind_addr;
    }
    let (candidates, what) = match bind_addr {
        IpAddr::V4(_) => (host.private_ipv4(), "private IPv4 address"),
        IpAddr::V6(_) => (host.public_ipv6(), "public IPv6 address"),
    };
    let message = match candidates.as_slice() {
        [only] => return *only,
        [] => format!("No {what} found"),
        _ => format!("Multiple {what}es found. Please configure one with 'bind' and/or 'advertise'."),
    };
    read.wrong("bind_addr", message);
    bind_addr
}

fn ip_only(read: &mut Reader<'_>, endpoints: Vec<Endpoint>) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for endpoint in endpoints {
        match endpoint {
            Endpoint::Ip(address) => addresses.push(address),
            Endpoint::Unix(_) => {
                let key = match read.is_set("addresses.dns") {
                    true => "addresses.dns",
                    false => "client_addr",
                };
                read.wrong(key, "DNS address cannot be a unix socket");
            }
        }
    }
    addresses
}
