//! `retry_join_wan`: each address is tried until the gateway there has been joined.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gossip::HostPort;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::WanHandle;
use crate::backoff::Backoff;
use crate::trust::{Certifier, Standing};

/// Port of an address that names none.
const PORT: u16 = 8302;
/// Most addresses of one name that are tried.
const ADDRESSES: usize = 16;

/// Joins the WAN pool.
#[derive(Clone)]
pub(crate) struct Joining {
    pub(crate) wan: WanHandle,
    pub(crate) certifier: Arc<Certifier>,
}

impl Joining {
    /// Joins each of `addrs`, beginning when we have a certificate, until all are joined or `stop`.
    pub(crate) async fn run(self, addrs: Vec<String>, stop: CancellationToken) {
        if !self.certified(&stop).await {
            return;
        }
        let mut tasks: JoinSet<()> = addrs.into_iter().map(|text| self.clone().persist(text)).collect();
        let _stopped = stop.run_until_cancelled(async { while tasks.join_next().await.is_some() {} }).await;
    }

    /// Waits for a certificate; false if the gateway stops before.
    pub(super) async fn certified(&self, stop: &CancellationToken) -> bool {
        let mut standing = self.certifier.standing();
        let certified = standing.wait_for(|standing| matches!(standing, Standing::Certified { .. }));
        matches!(stop.run_until_cancelled(certified).await, Some(Ok(_)))
    }

    async fn persist(self, text: String) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(30));
        loop {
            match self.join(&text).await {
                Ok(()) => return,
                Err(error) => {
                    let pause = backoff.next(rand::random());
                    tracing::warn!(address = text, error, retry_in = ?pause, "cannot join the WAN");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Joins through all that `text` stands for; one success is enough.
    ///
    /// # Errors
    /// In words for the operator.
    pub(crate) async fn join(&self, text: &str) -> Result<(), String> {
        let addrs = resolve(text).await?;
        let mut last = Err(format!("{text} has no address"));
        for addr in addrs {
            last = self.join_one(addr).await;
            if last.is_ok() {
                return last;
            }
        }
        last
    }

    async fn join_one(&self, addr: SocketAddr) -> Result<(), String> {
        if addr == self.wan.addr() {
            return Ok(());
        }
        if self.wan.book().peer(addr).is_none() {
            let dc = self.certifier.datacenter_at(addr).await.map_err(|error| error.to_string())?;
            self.wan.book().learn(addr, dc.as_str());
        }
        self.wan.join(addr).await
    }
}

/// Where the links are that `text` (`host[:port]`, IPv6 in brackets when with a port) stands for now.
///
/// # Errors
/// Why there is none, in words for the operator.
pub(crate) async fn resolve(text: &str) -> Result<Vec<SocketAddr>, String> {
    HostPort::parse(text, PORT).resolve(ADDRESSES).await.map_err(|error| format!("Failed to resolve {text}: {error}"))
}
