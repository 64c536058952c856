//! When the log is cut short: when a snapshot is asked for, and which entries below it go.
//!
//! openraft can do both, by settings that it takes once. These are replaced while the node runs, so openraft is told to do neither.

use crate::config::SnapshotConfig;
use crate::replica::Replica;
use crate::types::TypeConfig;
use openraft::Raft;
use openraft::async_runtime::watch::WatchReceiver;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// How often the log is looked at, at least: a flood does not wait for the interval.
const LOOK: Duration = Duration::from_secs(1);

/// So many thresholds are a flood.
const FLOOD: u64 = 8;

/// Which entries there are.
#[derive(Clone, Copy)]
struct Extent {
    applied: u64,
    /// The last one within a snapshot.
    covered: Option<u64>,
    /// The last one that is gone, or is to go.
    purged: Option<u64>,
}

/// Keeps the log as short as `settings` say. Ends with raft.
pub(super) fn spawn(raft: Raft<TypeConfig, Replica>, mut settings: watch::Receiver<SnapshotConfig>) {
    tokio::spawn(async move {
        let metrics = raft.metrics();
        let (mut last_due, mut asked) = (Instant::now(), None);
        loop {
            let config = *settings.borrow_and_update();
            tokio::select! {
                biased;
                changed = settings.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return,
                },
                () = sleep(config.interval.clamp(Duration::from_millis(10), LOOK)) => {}
            }
            let (log, running) = {
                let now = metrics.borrow_watched();
                let log = Extent {
                    applied: now.last_applied.map_or(0, |applied| applied.index),
                    covered: now.snapshot.map(|covered| covered.index),
                    purged: now.purged.map(|purged| purged.index).max(asked),
                };
                (log, now.running_state.is_ok())
            };
            if !running {
                return;
            }
            let is_due = last_due.elapsed() >= config.interval;
            if is_due {
                last_due = Instant::now();
            }
            if wants_snapshot(config, log, is_due) && raft.trigger().snapshot().await.is_err() {
                return;
            }
            if let Some(index) = purge(config, log) {
                asked = Some(index);
                if raft.trigger().purge_log(index).await.is_err() {
                    return;
                }
            }
        }
    });
}

fn wants_snapshot(config: SnapshotConfig, log: Extent, is_due: bool) -> bool {
    let grown = log.applied.saturating_sub(log.covered.unwrap_or(0));
    let enough = if is_due { config.threshold } else { config.threshold.saturating_mul(FLOOD) };
    grown >= enough.max(1)
}

/// The last entry to go, if it is worth it by now.
fn purge(config: SnapshotConfig, log: Extent) -> Option<u64> {
    let last = log.covered?.checked_sub(config.trailing)?;
    let first = log.purged.map_or(0, |purged| purged.saturating_add(1));
    let batch = (config.threshold / 4).max(1);
    (first.saturating_add(batch) <= last.saturating_add(1)).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: SnapshotConfig = SnapshotConfig { threshold: 100, interval: LOOK, trailing: 50 };

    #[test]
    fn a_snapshot_is_due_at_intervals_and_in_a_flood() {
        for (applied, covered, is_due, wanted) in [
            (99, None, true, false),
            (100, None, true, true),
            (100, None, false, false),
            (800, None, false, true),
            (800, Some(1), false, false),
            (199, Some(100), true, false),
            (200, Some(100), true, true),
        ] {
            let log = Extent { applied, covered, purged: None };
            assert_eq!(wants_snapshot(CONFIG, log, is_due), wanted, "{applied} {covered:?} {is_due}");
        }
        let never = SnapshotConfig { threshold: 0, ..CONFIG };
        assert!(!wants_snapshot(never, Extent { applied: 7, covered: Some(7), purged: None }, true), "there is nothing new");
    }

    #[test]
    fn entries_go_that_are_far_enough_below_a_snapshot() {
        for (covered, purged, last) in [
            (None, None, None),
            (Some(49), None, None),
            // Entries 0 to 23 would be 24, and a batch is 25.
            (Some(73), None, None),
            (Some(74), None, Some(24)),
            (Some(1000), Some(24), Some(950)),
            (Some(1000), Some(925), Some(950)),
            (Some(1000), Some(926), None),
            // More were kept before, or the snapshot came from elsewhere.
            (Some(1000), Some(1000), None),
        ] {
            assert_eq!(purge(CONFIG, Extent { applied: 1000, covered, purged }), last, "{covered:?} {purged:?}");
        }
    }
}
