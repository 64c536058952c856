//! Keeps the disk in step with the register, also where it refuses for a while: full, or read-only.

use crate::disk::{Disk, DiskError, Task, Thing};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long after the disk refused something that is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// The disk, and what it owes.
pub(crate) struct Keeper {
    disk: Disk,
    /// What it refused. There is at most what the register has, or had.
    owed: BTreeSet<Thing>,
    retry_at: Option<Duration>,
}

impl Keeper {
    pub(crate) fn new(disk: Disk) -> Self {
        Self { disk, owed: BTreeSet::new(), retry_at: None }
    }

    /// When it has something to do by itself: [`Keeper::keep`] it then.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.retry_at
    }

    /// Brings the disk up to date with what has `changed`, and with what it refused before, when that is due. `task` is what it is to say
    /// of a thing now.
    ///
    /// # Errors
    /// What it refused of `changed`. How a TTL stands is no part of that: its application says so again.
    pub(crate) async fn keep(&mut self, changed: BTreeSet<Thing>, now: Duration, task: impl Fn(&Thing) -> Task) -> Result<(), DiskError> {
        let is_due = self.retry_at.is_some_and(|at| at <= now);
        let again = self.owed.iter().filter(|_| is_due);
        let things: BTreeSet<&Thing> = changed.iter().chain(again).collect();
        if things.is_empty() {
            return Ok(());
        }
        let (disk, tasks) = (self.disk.clone(), things.into_iter().map(task).collect());
        // It fails only with the runtime.
        let failed = tokio::task::spawn_blocking(move || disk.carry_out(tasks)).await.unwrap_or_default();
        self.settle(&changed, failed, is_due, now)
    }

    fn settle(&mut self, changed: &BTreeSet<Thing>, failed: Vec<(Thing, DiskError)>, is_due: bool, now: Duration) -> Result<(), DiskError> {
        let owed_before = self.owed.clone();
        self.owed.retain(|thing| !is_due && !changed.contains(thing));
        let mut refused = None;
        for (thing, error) in failed {
            // Once, not at each try.
            if !owed_before.contains(&thing) {
                tracing::error!(target: "agent", %error, "services and checks are not kept: trying again");
            }
            let was_asked = changed.contains(&thing) && !matches!(thing, Thing::Ttl(_));
            self.owed.insert(thing);
            refused = refused.or_else(|| was_asked.then_some(error));
        }
        let pending = self.retry_at.filter(|_| !is_due);
        self.retry_at = (!self.owed.is_empty()).then(|| pending.unwrap_or(now + RETRY));
        if !owed_before.is_empty() && self.owed.is_empty() {
            tracing::info!(target: "agent", "services and checks are kept again");
        }
        refused.map_or(Ok(()), Err)
    }
}
