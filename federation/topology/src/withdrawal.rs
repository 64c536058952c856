use std::time::Duration;

/// When a datacenter is withdrawn, and when it returns.
#[derive(Debug, Clone, Copy)]
pub struct WithdrawalConfig {
    /// Consecutive failed calls over all paths that count as evidence.
    pub failed_calls: u32,
    /// How long both kinds of evidence must hold: the time a redial takes after a blink.
    pub settle: Duration,
    /// How long all must be well before it returns; doubled by each return that did not last.
    pub hold: Duration,
    /// Most time of `hold`.
    pub hold_max: Duration,
    /// A return that lasted this long counts as lasting.
    pub lasting: Duration,
}

impl Default for WithdrawalConfig {
    fn default() -> Self {
        Self {
            failed_calls: 5,
            settle: Duration::from_secs(3),
            hold: Duration::from_secs(5),
            hold_max: Duration::from_secs(60),
            lasting: Duration::from_secs(300),
        }
    }
}

/// Where a datacenter stands. Times are those given as `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It is routed to.
    Up,
    /// Both kinds of evidence hold since; still routed to, not for long.
    Doubted {
        /// When the second kind arrived.
        since: Duration,
    },
    /// It counts as having no instances.
    Withdrawn {
        /// From when.
        since: Duration,
    },
    /// All is well again since; not routed to yet.
    Returning {
        /// From when it has been well.
        since: Duration,
        /// When it is routed to again, if nothing happens.
        until: Duration,
    },
}

impl Phase {
    /// Whether calls may go there.
    pub fn is_routed(self) -> bool {
        matches!(self, Self::Up | Self::Doubted { .. })
    }
}

/// What speaks against a datacenter now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Every path to its gateways is lost.
    pub(crate) paths_lost: bool,
    /// Every gateway of it departed.
    pub(crate) departed: bool,
    /// Calls fail one after another.
    pub(crate) calls_failed: bool,
}

impl Evidence {
    /// Two kinds: one alone may be a fault of the observer.
    fn condemns(self) -> bool {
        self.paths_lost && (self.departed || self.calls_failed)
    }

    /// Failed calls do not hinder a return: while withdrawn, no call can succeed.
    pub(crate) fn acquits(self) -> bool {
        !self.paths_lost && !self.departed
    }
}

/// The state behind [`Phase`]. Time passes by itself: `phase` may be asked at any `now`, `observe` records a change.
#[derive(Debug, Clone)]
pub(crate) struct Withdrawal {
    config: WithdrawalConfig,
    phase: Phase,
    returned: Option<Duration>,
    relapses: u32,
}

impl Withdrawal {
    pub(crate) fn new(config: WithdrawalConfig) -> Self {
        Self { config, phase: Phase::Up, returned: None, relapses: 0 }
    }

    pub(crate) fn phase(&self, now: Duration) -> Phase {
        match self.phase {
            Phase::Doubted { since } if now >= since.saturating_add(self.config.settle) => {
                Phase::Withdrawn { since: since.saturating_add(self.config.settle) }
            }
            Phase::Returning { until, .. } if now >= until => Phase::Up,
            phase => phase,
        }
    }

    /// Takes note of the evidence after an input. True: the datacenter has just returned.
    pub(crate) fn observe(&mut self, now: Duration, evidence: Evidence) -> bool {
        let returned = self.pass_time(now);
        self.phase = match self.phase {
            Phase::Up if evidence.condemns() => Phase::Doubted { since: now },
            Phase::Doubted { .. } if !evidence.condemns() => Phase::Up,
            Phase::Withdrawn { .. } if evidence.acquits() => Phase::Returning { since: now, until: now.saturating_add(self.hold()) },
            Phase::Returning { .. } if !evidence.acquits() => Phase::Withdrawn { since: now },
            phase => phase,
        };
        returned
    }

    fn pass_time(&mut self, now: Duration) -> bool {
        let before = self.phase;
        self.phase = self.phase(now);
        match (before, self.phase) {
            (Phase::Doubted { .. }, Phase::Withdrawn { since }) => {
                let relapse = self.returned.is_some_and(|at| since < at.saturating_add(self.config.lasting));
                self.relapses = if relapse { self.relapses.saturating_add(1) } else { 0 };
                false
            }
            (Phase::Returning { until, .. }, Phase::Up) => {
                self.returned = Some(until);
                true
            }
            _ => false,
        }
    }

    fn hold(&self) -> Duration {
        self.config.hold.saturating_mul(1 << self.relapses.min(16)).min(self.config.hold_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Evidence = Evidence { paths_lost: false, departed: false, calls_failed: false };
    const PATHS: Evidence = Evidence { paths_lost: true, ..WELL };
    const LOST: Evidence = Evidence { paths_lost: true, departed: true, calls_failed: false };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn one_kind_of_evidence_is_not_enough() {
        for evidence in [PATHS, Evidence { departed: true, calls_failed: true, ..WELL }] {
            let mut withdrawal = Withdrawal::new(WithdrawalConfig::default());
            withdrawal.observe(at(1), evidence);
            assert_eq!(withdrawal.phase(at(1000)), Phase::Up);
        }
    }

    #[test]
    fn withdraws_after_settling_and_returns_after_holding() {
        let mut withdrawal = Withdrawal::new(WithdrawalConfig::default());
        withdrawal.observe(at(10), LOST);
        assert_eq!(withdrawal.phase(at(12)), Phase::Doubted { since: at(10) });
        assert_eq!(withdrawal.phase(at(13)), Phase::Withdrawn { since: at(13) });
        withdrawal.observe(at(20), WELL);
        assert!(!withdrawal.phase(at(24)).is_routed());
        assert_eq!(withdrawal.phase(at(25)), Phase::Up);
    }

    #[test]
    fn a_blink_is_forgiven_and_a_relapse_holds_longer() {
        let mut withdrawal = Withdrawal::new(WithdrawalConfig::default());
        withdrawal.observe(at(10), LOST);
        withdrawal.observe(at(12), WELL);
        assert_eq!(withdrawal.phase(at(100)), Phase::Up);

        let mut start = 100;
        let mut holds = Vec::new();
        for _ in 0..8 {
            withdrawal.observe(at(start), LOST);
            withdrawal.observe(at(start + 4), WELL);
            let Phase::Returning { since, until } = withdrawal.phase(at(start + 4)) else { unreachable!("returning") };
            holds.push((until - since).as_secs());
            start = until.as_secs() + 1;
            assert!(withdrawal.observe(at(start), WELL), "tells that it returned");
        }
        assert_eq!(holds, [5, 10, 20, 40, 60, 60, 60, 60]);
    }
}
