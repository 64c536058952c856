//! What raft's metrics say.

use crate::clock::StateClock;
use crate::fatal::Fatal;
use crate::lease::MetricsReceiver;
use crate::{Role, Status};
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
