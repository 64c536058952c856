//! Tasks that look at raft's metrics.

use crate::clock::StateClock;
use crate::config::SnapshotConfig;
use crate::fatal::Fatal;
use crate::lease::MetricsReceiver;
use crate::replica::Replica;
use crate::types::TypeConfig;
use crate::{Role, Status};
use openraft::Raft;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::Fatal as RaftFatal;
use std::sync::Arc;
use tokio::sync::watch;

/// Turns metrics into [`Status`], runs the state clock while this node leads, and raises what stopped raft. Ends with raft.
pub(super) fn spawn(mut metrics: MetricsReceiver, clock: Arc<StateClock>, fatal: Fatal) -> watch::Receiver<Status> {
    let (publish, status) = watch::channel(Status::default());
    tokio::spawn(async move {
        loop {
            let (now, running) = {
                let metrics = metrics.borrow_and_update();
                (Status::of(&metrics), metrics.running_state.clone())
            };
            if now.role == Role::Leader {
                clock.start()
            } else {
                clock.stop()
            }
            publish.send_if_modified(|last| {
                let changed = *last != now;
                *last = now;
                changed
            });
            if let Err(error) = running {
                // Stopped is what we asked for.
                if error != RaftFatal::Stopped {
                    fatal.raise("running raft", error);
                }
                return;
            }
            if metrics.changed().await.is_err() {
                publish.send_modify(|last| last.role = Role::Stopped);
                clock.stop();
                return;
            }
        }
    });
    status
}

/// Asks for a snapshot when enough was logged since the last, at an interval. Ends with raft.
pub(super) fn spawn_snapshots(raft: Raft<TypeConfig, Replica>, config: SnapshotConfig) {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(config.interval.max(std::time::Duration::from_millis(10)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let metrics = raft.metrics();
        loop {
            ticks.tick().await;
            let (grown, running) = {
                let now = metrics.borrow_watched();
                let covered = now.snapshot.map_or(0, |covered| covered.index);
                (now.last_applied.map_or(0, |applied| applied.index).saturating_sub(covered), now.running_state.is_ok())
            };
            if !running {
                return;
            }
            if grown >= config.threshold && raft.trigger().snapshot().await.is_err() {
                return;
            }
        }
    });
}
