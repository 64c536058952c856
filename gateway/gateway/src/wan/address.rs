//! Addresses as an operator writes them.

use std::net::SocketAddr;

/// What `text` (`host[:port]`, IPv6 in brackets when with a port) stands for now. Only the first sixteen addresses of a name count.
///
/// # Errors
/// Why there is none, in words for the operator.
pub(crate) async fn resolve(text: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let (host, port) = split(text, port);
    let found = tokio::net::lookup_host((host, port)).await;
    let mut addrs: Vec<SocketAddr> = found.map_err(|error| format!("Failed to resolve {text}: {error}"))?.take(16).collect();
    addrs.sort_unstable();
    addrs.dedup();
    Ok(addrs)
}

/// `host`, `host:port`, `[v6]:port`, `[v6]` or a bare v6 address.
fn split(text: &str, default: u16) -> (&str, u16) {
    if let Some((host, tail)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, tail.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(default));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => port.parse().map_or((text, default), |port| (host, port)),
        _ => (text, default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_told_from_hosts() {
        for (text, expected) in [
            ("10.0.0.1", ("10.0.0.1", 8302)),
            ("gw.example:99", ("gw.example", 99)),
            ("::1", ("::1", 8302)),
            ("[::1]", ("::1", 8302)),
            ("[::1]:99", ("::1", 99)),
        ] {
            assert_eq!(split(text, 8302), expected, "{text}");
        }
    }
}
