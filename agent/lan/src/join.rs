//! Joining by addresses as an operator writes them.

use std::fmt;
use std::net::SocketAddr;

use gossip::{HostPort, Stopped};

use crate::LanHandle;

/// Most addresses of one name that are joined.
const ADDRESSES: usize = 1024;

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
            match self.shared.pool.join(addr).await.map_err(JoinError::Stopped)? {
                Ok(()) => contacted += 1,
                Err(reason) => failures.push(JoinFailure::Dial { addr, reason }),
            }
        }
        Ok(contacted)
    }

    async fn resolve(&self, text: &str) -> Result<Vec<SocketAddr>, JoinFailure> {
        let place = HostPort::parse(text, self.shared.join_port);
        let resolved = place.resolve(ADDRESSES).await;
        resolved.map_err(|_| JoinFailure::Resolve(text.to_owned(), format!("lookup {}: no such host", place.host)))
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
