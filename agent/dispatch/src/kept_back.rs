//! Writes that need not be in the log at once: the leader gathers them, and writes many as one.

use api::{Code, Error};
use parking_lot::Mutex;
use state::Permitted;

/// Writes that may wait: five batches of Consul's size.
const MOST: usize = 5 * 128;

/// Writes that wait for the leader's next round. Losing them does no harm: whoever asked says it again before long.
#[derive(Default)]
pub(crate) struct KeptBack(Mutex<Vec<Permitted>>);

impl KeptBack {
    /// # Errors
    /// [`Code::Busy`] when too many wait already.
    pub(crate) fn push(&self, write: Permitted) -> Result<(), Error> {
        let mut waiting = self.0.lock();
        if waiting.len() >= MOST {
            return Err(Error::new(Code::Busy, format!("more than {MOST} writes of this kind wait to be written together")));
        }
        waiting.push(write);
        Ok(())
    }

    /// All that wait.
    pub(crate) fn take(&self) -> Vec<Permitted> {
        std::mem::take(&mut *self.0.lock())
    }
}
