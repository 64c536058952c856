//! Joining by addresses as an operator writes them.

use std::fmt;
use std::net::SocketAddr;

use crate::{LanHandle, Stopped};

/// No address could be joined. Prints as Consul does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// Why, for each address; empty if none was given.
    Failed(Vec<JoinFailure>),
    /// The driver is not running any more.
    Stopped(Stopped),
}

/// One address that could not be joined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinFailure {
    /// Its name is not known.
    #[error("Failed to resolve {0}: {1}")]
    Resolve(String, String),
    /// It did not answer as a member of our pool.
    #[error("Failed to join {ip}: {reason}", ip = addr.ip())]
    Dial {
        /// What was dialled.
        addr: SocketAddr,
        /// What came of it.
        reason: String,
    },
}

impl LanHandle {
    /// Joins the pool through each of `addrs` (`host[:port]`, IPv6 in brackets when with a port) and waits for
    /// each push/pull. Returns how many answered.
    ///
    /// # Errors
    /// [`JoinError`] if none did.
    pub async fn join<A: AsRef<str>>(&self, addrs: &[A]) -> Result<usize, JoinError> {
        let (mut contacted, mut failures) = (0, Vec::new());
        for addr in addrs {
            match self.resolve(addr.as_ref()).await {
                Ok(resolved) => contacted += self.join_resolved(resolved, &mut failures).await?,
                Err(failure) => failures.push(failure),
            }
        }
        if contacted == 0 { Err(JoinError::Failed(failures)) } else { Ok(contacted) }
    }

    async fn join_resolved(&self, addrs: Vec<SocketAddr>, failures: &mut Vec<JoinFailure>) -> Result<usize, JoinError> {
        let mut contacted = 0;
        for addr in addrs {
            match self.join_one(addr).await.map_err(JoinError::Stopped)? {
                Ok(()) => contacted += 1,
                Err(reason) => failures.push(JoinFailure::Dial { addr, reason }),
            }
        }
        Ok(contacted)
    }

    async fn resolve(&self, text: &str) -> Result<Vec<SocketAddr>, JoinFailure> {
        let (host, port) = split(text, self.shared.join_port);
        let failed = |reason: String| JoinFailure::Resolve(text.to_owned(), reason);
        let found = tokio::net::lookup_host((host, port)).await;
        let mut addrs: Vec<SocketAddr> = found.map_err(|_| failed(format!("lookup {host}: no such host")))?.collect();
        addrs.sort_unstable();
        addrs.dedup();
        Ok(addrs)
    }
}

/// `host`, `host:port`, `[v6]:port`, `[v6]` or a bare v6 address.
fn split(text: &str, default: u16) -> (&str, u16) {
    if let Some(rest) = text.strip_prefix('[')
        && let Some((host, tail)) = rest.split_once(']')
    {
        let port = tail.strip_prefix(':').and_then(|port| port.parse().ok());
        return (host, port.unwrap_or(default));
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => match port.parse() {
            Ok(port) => (host, port),
            Err(_) => (text, default),
        },
        _ => (text, default),
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(stopped) => stopped.fmt(formatter),
            Self::Failed(failures) if failures.is_empty() => formatter.write_str("no addresses to join"),
            Self::Failed(failures) => {
                let plural = if failures.len() == 1 { "error" } else { "errors" };
                write!(formatter, "{} {plural} occurred:", failures.len())?;
                for failure in failures {
                    write!(formatter, "\n\t* {failure}")?;
                }
                formatter.write_str("\n\n")
            }
        }
    }
}

impl std::error::Error for JoinError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split_from_ports() {
        for (text, expected) in [
            ("10.0.0.1", ("10.0.0.1", 8301)),
            ("10.0.0.1:99", ("10.0.0.1", 99)),
            ("node.example:99", ("node.example", 99)),
            ("::1", ("::1", 8301)),
            ("[::1]", ("::1", 8301)),
            ("[::1]:99", ("::1", 99)),
        ] {
            assert_eq!(split(text, 8301), expected, "{text}");
        }
    }
}
