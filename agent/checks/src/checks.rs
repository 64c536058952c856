//! The handle of the runner.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::probe::Prober;
use crate::roster::Roster;
use crate::runner::Runner;
use crate::shared::Shared;
use crate::{Aliases, Plan, Probe, Probing, Refused, Results, Scripts, Settings, Source};

/// Reports that wait to be read.
const BACKLOG: usize = 256;

/// All checks of a node.
pub struct Checks {
    shared: Arc<Shared>,
    scripts: Scripts,
    prober: Arc<Prober>,
}

impl Checks {
    /// Starts the runner, on the runtime of the caller.
    #[must_use]
    pub fn new(settings: Settings, aliases: impl Aliases) -> (Self, Results) {
        let shared = Arc::new(Shared::new(Roster::new(&settings)));
        let (sender, reports) = mpsc::channel(BACKLOG);
        let (scripts, prober) = (settings.scripts, Arc::new(Prober::new(settings)));
        tokio::spawn(Runner::new(Arc::clone(&shared), Arc::clone(&prober), aliases, sender).run());
        (Self { shared: Arc::clone(&shared), scripts, prober }, Results { shared, reports })
    }

    /// Runs the check as `plan` says, from now on. If it is run so already it keeps its schedule and what it has counted, and
    /// reports its next result whatever that is.
    ///
    /// # Errors
    /// If it may not run; then nothing has changed.
    pub fn set(&self, id: &str, plan: Plan, source: Source) -> Result<(), Refused> {
        let script = matches!(&plan, Plan::Polled(polled) if matches!(polled.probe, Probe::Script(_) | Probe::Docker(_)));
        if script && !self.scripts.allow(source) {
            return Err(Refused::Scripts);
        }
        self.shared.roster.lock().set(id, plan, self.shared.now())?;
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Has runs that begin from now on probe the network so.
    pub fn probe_so(&self, probing: Probing) {
        self.prober.probe_so(probing);
    }

    /// Forgets the check and cancels its run.
    pub fn remove(&self, id: &str) {
        self.shared.roster.lock().remove(id);
        self.shared.changed.notify_one();
    }
}

impl Clone for Checks {
    fn clone(&self) -> Self {
        self.shared.add_handle();
        Self { shared: Arc::clone(&self.shared), scripts: self.scripts, prober: Arc::clone(&self.prober) }
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        self.shared.drop_handle();
    }
}
