//! Running suspicions with Lifeguard's shrinking timeouts. Every member that hears of one keeps its own.
//!
//! Lifeguard's shortest suspicion gives a member time that is stalled. Where calls to it were refused nobody is left to refute, and where
//! several calls brought nothing no process is likely to: then less will do. One accuser whose call was taken is enough for the whole time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::evidence::Evidence;
use crate::identity::{Identity, Instance};

/// The suspicions running here, at most one per instance.
#[derive(Default)]
pub(crate) struct Suspicions {
    running: BTreeMap<Instance, Suspicion>,
    tokens: u64,
}

/// Bounds of a suspicion at the time it starts.
pub(crate) struct Bounds {
    pub(crate) min: Duration,
    /// When all accusers called in vain.
    pub(crate) silent: Duration,
    /// When a call was refused, and none was taken.
    pub(crate) refused: Duration,
    pub(crate) max: Duration,
    /// Independent confirmations after which the shortest applies.
    pub(crate) enough: usize,
}

struct Suspicion {
    target: Identity,
    incarnation: u16,
    accusers: BTreeMap<SocketAddr, Evidence>,
    bounds: Bounds,
    started: Duration,
    token: u64,
}

/// When to come back to a suspicion, and the token that proves the timer current.
#[derive(Debug, PartialEq)]
pub(crate) struct Expiry {
    pub(crate) delay: Duration,
    pub(crate) token: u64,
}

impl Suspicions {
    /// True when this very incarnation is suspected here.
    pub(crate) fn covers(&self, target: Identity, incarnation: u16) -> bool {
        self.running.get(&target.instance).is_some_and(|running| (running.target, running.incarnation) == (target, incarnation))
    }

    /// The incarnation of `target` that is suspected here.
    pub(crate) fn of(&self, target: Identity) -> Option<u16> {
        let running = self.running.get(&target.instance)?;
        (running.target == target).then_some(running.incarnation)
    }

    /// Starts a suspicion, replacing one of an older incarnation.
    pub(crate) fn start(&mut self, now: Duration, target: Identity, incarnation: u16, bounds: Bounds) -> Expiry {
        self.tokens += 1;
        let suspicion = Suspicion { target, incarnation, accusers: BTreeMap::new(), bounds, started: now, token: self.tokens };
        let expiry = suspicion.expiry(now);
        self.running.insert(target.instance, suspicion);
        expiry
    }

    /// Adds an accuser. `None` if it adds nothing: unknown suspicion, known accuser, or enough of them.
    pub(crate) fn confirm(
        &mut self,
        now: Duration,
        target: Identity,
        incarnation: u16,
        (from, evidence): (SocketAddr, Evidence),
    ) -> Option<Expiry> {
        if !self.covers(target, incarnation) {
            return None;
        }
        let suspicion = self.running.get_mut(&target.instance)?;
        // A call that was taken counts even after enough of them, but once.
        let news = suspicion.accusers.len() <= suspicion.bounds.enough || (evidence == Evidence::Open && !suspicion.has(Evidence::Open));
        if !news || suspicion.accusers.contains_key(&from) {
            return None;
        }
        suspicion.accusers.insert(from, evidence);
        self.tokens += 1;
        suspicion.token = self.tokens;
        Some(suspicion.expiry(now))
    }

    /// Ends the suspicion that `token` belongs to.
    pub(crate) fn expire(&mut self, instance: Instance, token: u64) -> Option<(Identity, u16)> {
        if self.running.get(&instance)?.token != token {
            return None;
        }
        self.running.remove(&instance).map(|ended| (ended.target, ended.incarnation))
    }

    /// The member is down, gone or refuted it, whoever it was that found out.
    pub(crate) fn forget(&mut self, instance: Instance) {
        self.running.remove(&instance);
    }
}

impl Suspicion {
    fn expiry(&self, now: Duration) -> Expiry {
        // The first accuser raised the suspicion; only others confirm it.
        let confirmations = self.accusers.len().saturating_sub(1);
        let total = self.bounds.after(confirmations, self.shortest());
        Expiry { delay: (self.started + total).saturating_sub(now), token: self.token }
    }
}

impl Suspicion {
    fn has(&self, evidence: Evidence) -> bool {
        self.accusers.values().any(|one| *one == evidence)
    }

    /// How long at least, by what the accusers have to say.
    fn shortest(&self) -> Duration {
        if self.has(Evidence::Open) || self.has(Evidence::None) || self.accusers.is_empty() {
            self.bounds.min
        } else if self.has(Evidence::Refused) {
            self.bounds.refused
        } else {
            self.bounds.silent
        }
    }
}

impl Bounds {
    /// Lifeguard's formula: max − (max − min) · log(c + 1) / log(k + 1), never below min, which is `shortest` here.
    fn after(&self, confirmations: usize, shortest: Duration) -> Duration {
        if confirmations >= self.enough {
            return shortest;
        }
        let share = ((confirmations + 1) as f64).ln() / ((self.enough + 1) as f64).ln();
        let cut = self.max.saturating_sub(self.min).mul_f64(share.clamp(0.0, 1.0));
        self.max.saturating_sub(cut).max(self.min)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn second(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn confirmations_shorten_a_suspicion_and_outdate_its_timer() {
        let addr = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let target = Identity { instance: Instance { addr: addr(1), generation: 1 }, renewal: 0 };
        let mut suspicions = Suspicions::default();
        let bounds = Bounds { min: second(4), silent: second(2), refused: second(1), max: second(24), enough: 2 };
        let addr = |port| (addr(port), Evidence::None);
        let first = suspicions.start(second(0), target, 7, bounds);
        assert_eq!(first.delay, second(24));
        let accused = suspicions.confirm(second(0), target, 7, addr(2)).unwrap();
        assert_eq!(accused.delay, second(24), "who raised it does not confirm it");
        assert_eq!(suspicions.confirm(second(0), target, 7, addr(2)), None);
        assert_eq!(suspicions.confirm(second(0), target, 6, addr(3)), None);
        let one = suspicions.confirm(second(1), target, 7, addr(3)).unwrap();
        assert!(one.delay < second(12) && one.delay > second(8));
        let two = suspicions.confirm(second(1), target, 7, addr(4)).unwrap();
        assert_eq!(two.delay, second(3));
        assert_eq!(suspicions.confirm(second(1), target, 7, addr(5)), None, "enough is enough");
        assert_eq!(suspicions.expire(target.instance, one.token), None);
        assert_eq!(suspicions.expire(target.instance, two.token), Some((target, 7)));
    }

    #[test]
    fn what_calls_came_to_decides_how_long_is_enough() {
        let addr = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let target = Identity { instance: Instance { addr: addr(1), generation: 1 }, renewal: 0 };
        let ends = |evidence: &[Evidence]| {
            let mut suspicions = Suspicions::default();
            let bounds = Bounds { min: second(4), silent: second(2), refused: second(1), max: second(24), enough: 2 };
            let mut end = suspicions.start(second(0), target, 0, bounds).delay;
            for (port, evidence) in (2..).zip(evidence) {
                end = suspicions.confirm(second(0), target, 0, (addr(port), *evidence)).map_or(end, |expiry| expiry.delay);
            }
            end
        };
        use Evidence::{None, Open, Refused, Silent};
        assert_eq!(ends(&[Silent, Silent, Silent]), second(2));
        assert_eq!(ends(&[Silent, Refused, Silent]), second(1));
        assert_eq!(ends(&[Refused, None, Refused]), second(4), "an older member says nothing");
        assert_eq!(ends(&[Refused, Refused, Open]), second(4));
        assert_eq!(ends(&[Refused, Refused, Refused, Open]), second(4), "later is not too late");
        assert!(ends(&[Refused, Refused]) > second(8), "it takes three all the same");
    }
}
