//! How an agent ends.

use std::time::Duration;
use tokio_util::task::TaskTracker;

/// How long tasks may take to end when they were told to.
const DRAIN: Duration = Duration::from_secs(10);

/// Why an agent ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to stop.
    Stopped,
    /// It left its datacenter.
    Left,
    /// It cannot go on, and why. What it acknowledged is on disk.
    Failed(String),
}

/// Waits for tasks that were told to end, but not for ever.
pub async fn drain(tasks: &TaskTracker) {
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!(tasks = tasks.len(), "still busy at the end of the drain time");
    }
}
