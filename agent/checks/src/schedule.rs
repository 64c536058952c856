//! When a check is run.

use std::time::Duration;

use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::SmallRng;

/// More often is never asked, as in Consul.
const SHORTEST: Duration = Duration::from_secs(1);

/// Draws first runs.
#[derive(Debug)]
pub(crate) struct Schedule {
    random: SmallRng,
}

impl Schedule {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: SmallRng::seed_from_u64(seed) }
    }

    /// The first run of a check known since `now`: anywhere within one interval, so that a thousand checks loaded at once spread out.
    pub(crate) fn first(&mut self, now: Duration, interval: Duration) -> Duration {
        now.saturating_add(interval.max(SHORTEST).mul_f64(self.random.random::<f64>()))
    }

    /// The run after one that began and ended at these times: an interval after the beginning, or at once where it took longer.
    pub(crate) fn next(began: Duration, ended: Duration, interval: Duration) -> Duration {
        began.saturating_add(interval.max(SHORTEST)).max(ended)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn first_runs_spread_over_the_interval() {
        let mut schedule = Schedule::new(7);
        let interval = Duration::from_secs(10);
        let mut tenths = [0_u32; 10];
        for _ in 0..10_000 {
            let after = schedule.first(interval, interval) - interval;
            tenths[after.as_secs() as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (800..1200).contains(count)), "{tenths:?}");
    }

    #[test]
    fn seeds_differ() {
        let first = |seed| Schedule::new(seed).first(Duration::ZERO, Duration::from_secs(10));
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    proptest! {
        #[test]
        fn runs_keep_their_distance(now in 0..1_u64 << 40, interval in 0..1_u64 << 40, took in 0..1_u64 << 20, seed: u64) {
            let (now, interval, took) = (Duration::from_millis(now), Duration::from_millis(interval), Duration::from_millis(took));
            let first = Schedule::new(seed).first(now, interval);
            prop_assert!(first >= now && first <= now + interval.max(SHORTEST));
            let next = Schedule::next(first, first + took, interval);
            prop_assert!(next >= first + SHORTEST && next >= first + interval && next >= first + took);
            prop_assert!(next == first + interval.max(SHORTEST) || next == first + took);
        }
    }

    #[test]
    fn the_longest_interval_is_no_overflow() {
        let first = Schedule::new(1).first(Duration::MAX, Duration::from_secs(1));
        assert_eq!(first, Duration::MAX);
        assert_eq!(Schedule::next(Duration::from_secs(1), Duration::ZERO, Duration::MAX), Duration::MAX);
    }
}
