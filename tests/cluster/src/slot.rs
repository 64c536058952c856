//! How many clusters run at once on a machine: raft's timeouts mean nothing where ten processes share a core.

use crate::address::locks;
use std::fs::File;
use std::time::Duration;

/// The right to run a cluster; dropping it hands it on.
#[derive(Debug)]
pub(crate) struct Slot(#[allow(dead_code, reason = "held, not read")] File);

impl Slot {
    /// Waits for one of the machine's slots: one per four processors.
    pub(crate) async fn take() -> Self {
        let slots = std::thread::available_parallelism().map_or(1, |count| count.get() / 4).max(1);
        loop {
            for number in 0..slots {
                let path = locks().join(format!("slot-{number}"));
                let file = File::options().create(true).truncate(false).write(true).open(path).unwrap();
                if file.try_lock().is_ok() {
                    return Self(file);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
