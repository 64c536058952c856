use seed::{mixed, unit};
use std::time::Duration;

/// When a breaker opens and how long it stays so.
#[derive(Debug, Clone, Copy)]
pub struct BreakerConfig {
    /// Consecutive failures that open it.
    pub failures: u32,
    /// Time open after the first opening; doubled by each further one.
    pub backoff: Duration,
    /// Most time open, before jitter.
    pub backoff_max: Duration,
    /// How long a probe may stay unanswered before another is let through: its caller may have been cancelled.
    pub probe_patience: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { failures: 5, backoff: Duration::from_secs(1), backoff_max: Duration::from_secs(60), probe_patience: Duration::from_secs(10) }
    }
}

/// Closed → open after consecutive failures → half-open (one probe) after a backoff → closed, or open for longer.
///
/// Call [`Breaker::admission`] to look, [`Breaker::start_probe`] when a probe is taken, then report the outcome.
#[derive(Debug, Clone)]
pub(crate) struct Breaker {
    config: BreakerConfig,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { failures: u32 },
    Open { until: Duration, openings: u32 },
    HalfOpen { since: Duration, openings: u32 },
}

/// Whether a call may take the path now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Yes.
    Closed,
    /// One call may, to find out.
    Probe,
    /// No; ask again at this time.
    Refused { until: Duration },
}

impl Breaker {
    pub(crate) fn new(config: BreakerConfig) -> Self {
        Self { config, state: State::Closed { failures: 0 } }
    }

    pub(crate) fn admission(&self, now: Duration) -> Admission {
        let until = match self.state {
            State::Closed { .. } => return Admission::Closed,
            State::Open { until, .. } => until,
            State::HalfOpen { since, .. } => since.saturating_add(self.config.probe_patience),
        };
        if now >= until { Admission::Probe } else { Admission::Refused { until } }
    }

    /// Call when a path with [`Admission::Probe`] is handed out: others are refused until the outcome.
    pub(crate) fn start_probe(&mut self, now: Duration) {
        if let State::Open { openings, .. } | State::HalfOpen { openings, .. } = self.state {
            self.state = State::HalfOpen { since: now, openings };
        }
    }

    pub(crate) fn succeeded(&mut self) {
        self.state = State::Closed { failures: 0 };
    }

    /// `seed` spreads the backoff by a quarter up or down, so that many callers do not probe in step.
    pub(crate) fn failed(&mut self, now: Duration, seed: u64) {
        self.state = match self.state {
            State::Closed { failures } if failures.saturating_add(1) < self.config.failures => {
                State::Closed { failures: failures.saturating_add(1) }
            }
            State::Closed { .. } => self.opened(now, 1, seed),
            State::HalfOpen { openings, .. } => self.opened(now, openings.saturating_add(1), seed),
            // A call that began before the opening: it says nothing new.
            open @ State::Open { .. } => open,
        };
    }

    /// Other evidence says that the path may be good again: the next call may probe at once.
    pub(crate) fn encourage(&mut self, now: Duration) {
        if let State::Open { openings, .. } = self.state {
            self.state = State::Open { until: now, openings };
        }
    }

    fn opened(&self, now: Duration, openings: u32, seed: u64) -> State {
        let doubled = self.config.backoff.saturating_mul(1 << (openings - 1).min(16));
        let backoff = doubled.min(self.config.backoff_max);
        let share = 0.75 + 0.5 * unit(mixed(seed));
        State::Open { until: now.saturating_add(backoff.mul_f64(share)), openings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_at(now: Duration) -> Breaker {
        let mut breaker = Breaker::new(BreakerConfig::default());
        for seed in 0..5 {
            assert_eq!(breaker.admission(now), Admission::Closed);
            breaker.failed(now, seed);
        }
        breaker
    }

    #[test]
    fn opens_after_consecutive_failures_only() {
        let now = Duration::from_secs(1);
        let mut breaker = Breaker::new(BreakerConfig::default());
        for _ in 0..20 {
            (0..4).for_each(|seed| breaker.failed(now, seed));
            breaker.succeeded();
        }
        assert_eq!(breaker.admission(now), Admission::Closed);
        assert!(matches!(open_at(now).admission(now), Admission::Refused { .. }));
    }

    #[test]
    fn lets_one_probe_through_and_doubles_the_backoff() {
        let mut now = Duration::from_secs(1);
        let mut breaker = open_at(now);
        let mut waits = Vec::new();
        for _ in 0..10 {
            let Admission::Refused { until } = breaker.admission(now) else { unreachable!("open") };
            waits.push(until - now);
            now = until;
            assert_eq!(breaker.admission(now), Admission::Probe);
            breaker.start_probe(now);
            assert!(matches!(breaker.admission(now), Admission::Refused { .. }), "one probe at a time");
            breaker.failed(now, 7);
        }
        assert!(waits[1] > waits[0] && waits[3] > waits[2]);
        assert!(waits.iter().all(|w| *w <= Duration::from_secs(75)));
        breaker.succeeded();
        assert_eq!(breaker.admission(now), Admission::Closed);
    }

    #[test]
    fn an_abandoned_probe_does_not_block_for_ever() {
        let now = Duration::from_secs(100);
        let mut breaker = open_at(Duration::ZERO);
        breaker.start_probe(now);
        assert_eq!(breaker.admission(now + Duration::from_secs(10)), Admission::Probe);
    }
}
