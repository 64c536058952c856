//! Stopping a node.

use super::{Consensus, Inner};
use std::time::Duration;

/// Tasks of raft that do not end by then are left behind.
const PATIENCE: Duration = Duration::from_secs(5);

impl Consensus {
    /// Stops the node: what was handed to the log is on disk, and the data directory is free, when this returns. A leader should
    /// hand over first.
    pub async fn shutdown(&self) {
        let node = &*self.0;
        if let Err(error) = node.raft.shutdown().await {
            tracing::warn!(?error, "raft did not stop cleanly");
        }
        let own = node.own_runtime.lock().take();
        if let Some(own) = own {
            let ended = tokio::task::spawn_blocking(move || own.shutdown_timeout(PATIENCE)).await;
            if let Err(error) = ended {
                tracing::warn!(%error, "raft's threads");
            }
        }
        let closed = node.log_closed.lock().take();
        if let Some(closed) = closed
            && tokio::time::timeout(PATIENCE, closed).await.is_err()
        {
            tracing::warn!("the log is still in use");
        }
        node.directory.lock().take();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(own) = self.own_runtime.lock().take() {
            // Dropping a runtime waits, which is forbidden where a handle may be dropped.
            own.shutdown_background();
        }
    }
}
