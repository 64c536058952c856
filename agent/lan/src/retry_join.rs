//! `retry_join`: joining until it works.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{JoinError, LanHandle};

/// What to join, and how stubbornly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryJoin {
    /// Addresses as for [`LanHandle::join`]; resolved anew each time.
    pub addrs: Vec<String>,
    /// Wait between attempts (`retry_interval`, 30 s).
    pub interval: Duration,
    /// Attempts in all (`retry_max`); 0: without end.
    pub max: u32,
}

/// Retrying ended without success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetryJoinError {
    /// `max` attempts failed.
    #[error("agent: max join retry exhausted, exiting: {0}")]
    Exhausted(JoinError),
    /// The agent stops.
    #[error("agent stopped while joining")]
    Stopped,
}

impl RetryJoin {
    /// Joins through `lan` until it works. Returns how many members answered; 0 if there was nothing to join.
    ///
    /// # Errors
    /// [`RetryJoinError`].
    pub async fn run(self, lan: &LanHandle, stop: &CancellationToken) -> Result<usize, RetryJoinError> {
        if self.addrs.is_empty() {
            return Ok(0);
        }
        stop.run_until_cancelled(self.attempts(lan)).await.unwrap_or(Err(RetryJoinError::Stopped))
    }

    async fn attempts(&self, lan: &LanHandle) -> Result<usize, RetryJoinError> {
        let mut attempt = 0;
        loop {
            let error = match lan.join(&self.addrs).await {
                Ok(contacted) => {
                    tracing::info!(contacted, "join completed");
                    return Ok(contacted);
                }
                Err(JoinError::Stopped(_)) => return Err(RetryJoinError::Stopped),
                Err(error) => error,
            };
            attempt += 1;
            if self.max > 0 && attempt >= self.max {
                return Err(RetryJoinError::Exhausted(error));
            }
            tracing::warn!(%error, retry_interval = ?self.interval, "join failed, will retry");
            tokio::time::sleep(self.interval).await;
        }
    }
}
