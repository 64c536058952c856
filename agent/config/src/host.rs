//! What the configuration needs to know about the machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The machine's name and addresses, gathered by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// The host name, default of `node_name`.
    pub name: String,
    /// Interface name and address of every interface that is up, loopback included.
    pub addresses: Vec<(String, IpAddr)>,
}

impl Host {
    /// Addresses of private IPv4 networks, without loopback.
    pub(crate) fn private_ipv4(&self) -> Vec<IpAddr> {
        self.pick(|address| matches!(address, IpAddr::V4(v4) if is_special_v4(v4)))
    }

    /// IPv4 addresses that are routed on the Internet.
    pub(crate) fn public_ipv4(&self) -> Vec<IpAddr> {
        self.pick(|address| matches!(address, IpAddr::V4(v4) if !is_special_v4(v4)))
    }

    /// IPv6 addresses that are routed on the Internet.
    pub(crate) fn public_ipv6(&self) -> Vec<IpAddr> {
        self.pick(|address| matches!(address, IpAddr::V6(v6) if !is_special_v6(v6)))
    }

    /// Addresses of the interface `name`.
    pub(crate) fn interface(&self, name: &str) -> Vec<IpAddr> {
        let of_interface = self.addresses.iter().filter(|(known, _)| known == name);
        of_interface.map(|(_, address)| *address).collect()
    }

    fn pick(&self, accept: impl Fn(IpAddr) -> bool) -> Vec<IpAddr> {
        let addresses = self.addresses.iter().map(|(_, address)| *address);
        addresses.filter(|address| !address.is_loopback() && accept(*address)).collect()
    }
}

/// The special-purpose IPv4 networks of RFC 6890, all of which Consul calls private.
fn is_special_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113)
        || a == 0
        || a >= 224
}

fn is_special_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || a & 0xfe00 == 0xfc00
        || a & 0xffc0 == 0xfe80
        || (a == 0x2001 && b == 0x0db8)
}
