//! The handle of the runner.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::probe::Prober;
use crate::report::Results;
use crate::roster::Roster;
use crate::runner::Runner;
use crate::{Aliases, Plan, Probe, Probing, Scripts, Settings, Source};

/// Reports that wait to be read.
const BACKLOG: usize = 256;

/// All checks of a node.
pub struct Checks {
    shared: Arc<Shared>,
    scripts: Scripts,
    prober: Arc<Prober>,
}

/// What handles, runner and results have in common. The lock is never held across a wait.
pub(crate) struct Shared {
    pub(crate) roster: Mutex<Roster>,
    /// Told when the roster changed.
    pub(crate) changed: Notify,
    pub(crate) started: Instant,
    handles: AtomicUsize,
}

/// A check that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Scripts are off, or off for this source.
    #[error("Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true")]
    Scripts,
    /// There are as many checks as there may be.
    #[error("there are {0} checks on this agent already")]
    Full(usize),
}

impl Checks {
    /// Starts the runner, on the runtime of the caller.
    #[must_use]
    pub fn new(settings: Settings, aliases: impl Aliases) -> (Self, Results) {
        let shared = Arc::new(Shared {
            roster: Mutex::new(Roster::new(&settings)),
            changed: Notify::new(),
            started: Instant::now(),
            handles: AtomicUsize::new(1),
        });
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
        self.shared.handles.fetch_add(1, Ordering::Relaxed);
        Self { shared: Arc::clone(&self.shared), scripts: self.scripts, prober: Arc::clone(&self.prober) }
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        self.shared.handles.fetch_sub(1, Ordering::AcqRel);
        self.shared.changed.notify_one();
    }
}

impl Shared {
    /// Since the runner was started; what the roster calls the time.
    pub(crate) fn now(&self) -> std::time::Duration {
        self.started.elapsed()
    }

    /// Whether nobody can ask for anything any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.handles.load(Ordering::Acquire) == 0
    }
}
