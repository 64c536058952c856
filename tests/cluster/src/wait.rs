//! Waiting for a condition, with a deadline.

use std::time::Duration;
use tokio::time::Instant;

/// How long a test waits for what should take a second or two: long enough for a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const PERIOD: Duration = Duration::from_millis(20);

/// Waits until `condition` holds.
///
/// # Panics
/// When it does not within `limit`, saying `what` was waited for.
#[track_caller]
pub fn until<F: Future<Output = bool>>(what: &str, limit: Duration, mut condition: impl FnMut() -> F) -> impl Future<Output = ()> {
    until_some(what, limit, move || {
        let holds = condition();
        async move { holds.await.then_some(()) }
    })
}

/// Waits until `look` finds something, and returns it.
///
/// # Panics
/// When it finds nothing within `limit`, saying `what` was waited for.
#[track_caller]
pub fn until_some<T, F: Future<Output = Option<T>>>(what: &str, limit: Duration, mut look: impl FnMut() -> F) -> impl Future<Output = T> {
    let (what, caller) = (what.to_owned(), std::panic::Location::caller());
    async move {
        let deadline = Instant::now() + limit;
        loop {
            // One look at a process that does not answer must not take the time of all others.
            if let Ok(Some(found)) = tokio::time::timeout_at(deadline, look()).await {
                return found;
            }
            assert!(Instant::now() < deadline, "{caller}: not within {limit:?}: {what}");
            tokio::time::sleep(PERIOD).await;
        }
    }
}
