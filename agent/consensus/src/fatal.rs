//! The one error after which a node must stop.

use std::sync::Arc;
use tokio::sync::watch;

/// Why this node's raft stopped for good. After a failed write or fsync nobody knows what is on the disk, so nothing is retried: the
/// process has to stop, and reads the truth when it starts again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {reason}")]
pub struct FatalError {
    /// What was being done.
    pub what: &'static str,
    /// What went wrong.
    pub reason: String,
}

/// Where a fatal error is raised; the first one counts.
#[derive(Clone, Debug)]
pub(crate) struct Fatal(Arc<watch::Sender<Option<FatalError>>>);

impl Default for Fatal {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Fatal {
    pub(crate) fn raise(&self, what: &'static str, reason: impl ToString) -> FatalError {
        let error = FatalError { what, reason: reason.to_string() };
        let first = self.0.send_if_modified(|raised| {
            let first = raised.is_none();
            if first {
                *raised = Some(error.clone());
            }
            first
        });
        if first {
            tracing::error!(%error, "raft stops");
        }
        self.raised().unwrap_or(error)
    }

    pub(crate) fn raised(&self) -> Option<FatalError> {
        self.0.borrow().clone()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<FatalError>> {
        self.0.subscribe()
    }
}
