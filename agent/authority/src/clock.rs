//! Wall time: certificates are dated by it.

use rustls::time_provider::TimeProvider;

/// Unix seconds. A clock that knows no time says 1970, by which no certificate is due or valid.
pub(crate) fn unix_seconds(clock: &dyn TimeProvider) -> u64 {
    clock.current_time().map_or(0, |time| time.as_secs())
}
