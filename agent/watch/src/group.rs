//! A process and all that it starts.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// Kills the process group that `child` leads when it is dropped.
pub(crate) struct Group(Option<Pid>);

impl Group {
    /// Of a process that was made the leader of a group of its own.
    pub(crate) fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    /// Its leader has ended: what it left running on purpose may run on.
    pub(crate) fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // There may be none left.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
