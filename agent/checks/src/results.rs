//! Reports on their way to the host.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::Report;
use crate::roster::Key;
use crate::shared::Shared;

/// The receiving end, for one reader. While it does not read, no further runs are started.
pub struct Results {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reports: mpsc::Receiver<(Key, Report)>,
}

impl Results {
    /// The next report; nothing once all [`crate::Checks`] are gone. It never comes from a plan that was removed or replaced before.
    pub async fn recv(&mut self) -> Option<Report> {
        loop {
            let (key, report) = self.reports.recv().await?;
            if self.shared.roster.lock().has(key) {
                return Some(report);
            }
        }
    }
}
