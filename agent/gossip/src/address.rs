//! Addresses as an operator writes them.

use std::io;
use std::net::SocketAddr;

/// `host`, `host:port`, `[v6]:port`, `[v6]` or a bare v6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostPort<'a> {
    /// A name or an address, without brackets.
    pub host: &'a str,
    /// Of the text, or the one given for texts without.
    pub port: u16,
}

impl<'a> HostPort<'a> {
    /// Reads `text`; what is no port is left in the host, which then resolves to nothing.
    #[must_use]
    pub fn parse(text: &'a str, default: u16) -> Self {
        if let Some((host, tail)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            return Self { host, port: tail.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(default) };
        }
        let split = text.rsplit_once(':').filter(|(host, _)| !host.contains(':'));
        let read = split.and_then(|(host, port)| Some(Self { host, port: port.parse().ok()? }));
        read.unwrap_or(Self { host: text, port: default })
    }

    /// What it stands for now, each once. Only the first `most` addresses of a name count.
    ///
    /// # Errors
    /// As the system's resolver.
    pub async fn resolve(self, most: usize) -> io::Result<Vec<SocketAddr>> {
        let mut addrs: Vec<SocketAddr> = tokio::net::lookup_host((self.host, self.port)).await?.take(most).collect();
        addrs.sort_unstable();
        addrs.dedup();
        Ok(addrs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_told_from_hosts() {
        for (text, host, port) in [
            ("10.0.0.1", "10.0.0.1", 8301),
            ("10.0.0.1:99", "10.0.0.1", 99),
            ("node.example:99", "node.example", 99),
            ("node.example:http", "node.example:http", 8301),
            ("::1", "::1", 8301),
            ("[::1]", "::1", 8301),
            ("[::1]:99", "::1", 99),
        ] {
            assert_eq!(HostPort::parse(text, 8301), HostPort { host, port }, "{text}");
        }
    }
}
