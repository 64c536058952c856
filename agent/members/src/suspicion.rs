//! Running suspicions with Lifeguard's shrinking timeouts. Every member that hears of one keeps its own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

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
    pub(crate) max: Duration,
    /// Independent confirmations after which `min` applies.
    pub(crate) enough: usize,
}

struct Suspicion {
    target: Identity,
    incarnation: u16,
    accusers: BTreeSet<SocketAddr>,
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
        let suspicion = Suspicion { target, incarnation, accusers: BTreeSet::new(), bounds, started: now, token: self.tokens };
        let expiry = suspicion.expiry(now);
        self.running.insert(target.instance, suspicion);
        expiry
    }

    /// Adds an accuser. `None` if it adds nothing: unknown suspicion, known accuser, or enough of them.
    pub(crate) fn confirm(&mut self, now: Duration, target: Identity, incarnation: u16, from: SocketAddr) -> Option<Expiry> {
        if !self.covers(target, incarnation) {
            return None;
        }
        let suspicion = self.running.get_mut(&target.instance)?;
        if suspicion.accusers.len() > suspicion.bounds.enough || !suspicion.accusers.insert(from) {
            return None;
        }
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

    /// The member is down or gone, whoever it was that found out.
    pub(crate) fn forget(&mut self, instance: Instance) {
        self.running.remove(&instance);
    }
}

impl Suspicion {
    fn expiry(&self, now: Duration) -> Expiry {
        // The first accuser raised the suspicion; only others confirm it.
        let confirmations = self.accusers.len().saturating_sub(1);
        let total = self.bounds.after(confirmations);
        Expiry { delay: (self.started + total).saturating_sub(now), token: self.token }
    }
}

impl Bounds {
    /// Lifeguard's formula: max − (max − min) · log(c + 1) / log(k + 1), never below min.
    fn after(&self, confirmations: usize) -> Duration {
        if self.enough == 0 {
            return self.min;
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
        let bounds = Bounds { min: second(4), max: second(24), enough: 2 };
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
}
