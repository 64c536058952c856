//! The time a call has left.

use std::time::Duration;

use api::{CallHead, Code, Error};
use tokio::time::Instant;

/// Longest time granted to a call, whatever it asks for: a blocking read waits ten minutes and a sixteenth.
const MOST: Duration = Duration::from_secs(15 * 60);

/// How much longer than its time a call is waited for: whoever answers it keeps to that time himself, and says more than a timeout.
pub(crate) const GRACE: Duration = Duration::from_millis(500);

/// When a call is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// Of a call that has just arrived.
    pub(crate) fn of(head: &CallHead) -> Self {
        Self(Instant::now() + Duration::from_micros(head.time_left_us).min(MOST))
    }

    /// What is left of it.
    ///
    /// # Errors
    /// [`Code::TimedOut`]; not processed, as far as this gateway goes.
    pub(crate) fn left(self) -> Result<Duration, Error> {
        let left = self.0.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let text = "the call's time was over before a gateway could pass it on";
            return Err(Error { unprocessed: true, ..Error::new(Code::TimedOut, text) });
        }
        Ok(left)
    }

    /// The same head, with what is left of the time.
    ///
    /// # Errors
    /// As [`Self::left`].
    pub(crate) fn put(self, head: &mut CallHead) -> Result<Duration, Error> {
        let left = self.left()?;
        head.time_left_us = left.as_micros().try_into().unwrap_or(u64::MAX);
        Ok(left)
    }
}
