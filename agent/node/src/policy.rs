//! Which policy a process is under. Pure: the time, in unix seconds, is an argument.

use ca::tls::{Admission, Leniency};

/// How long after a leader was found again, or a first certificate was had, certificates that have expired still count: by then
/// everyone has renewed theirs.
pub(crate) const SETTLING: u64 = 60;

/// What a process knows that decides whom it lets in.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    own: Own,
    leader: Leader,
}

/// What the authority has given it.
#[derive(Debug, Default)]
enum Own {
    #[default]
    Nothing,
    /// The roots; client agents have no certificates.
    Roots,
    /// A certificate, the first of an unbroken row had at `since`, the present one in force up to `until`.
    Leaf { since: u64, until: u64 },
}

#[derive(Debug, Default)]
enum Leader {
    /// Only servers look for one.
    #[default]
    NotSought,
    Missing,
    Seen {
        since: u64,
    },
}

impl Policy {
    /// It shows a certificate that is in force up to `until`.
    pub(crate) fn handle_leaf(&mut self, until: u64, now: u64) {
        let since = match self.own {
            Own::Leaf { since, until } if now <= until => since,
            _ => now,
        };
        self.own = Own::Leaf { since, until };
    }

    /// It knows the roots.
    pub(crate) fn handle_roots(&mut self) {
        if matches!(self.own, Own::Nothing) {
            self.own = Own::Roots;
        }
    }

    /// A server sees a leader, or none.
    pub(crate) fn handle_leader(&mut self, seen: bool, now: u64) {
        self.leader = match (&self.leader, seen) {
            (_, false) => Leader::Missing,
            (Leader::Seen { since }, true) => Leader::Seen { since: *since },
            (_, true) => Leader::Seen { since: now },
        };
    }

    /// The policy that follows. Once there is a certificate, one that its holder had, and has no more, counts as long as nobody can have
    /// a new one or may not have come to it yet: while this process's own is over, while no leader is seen, and for a while after.
    pub(crate) fn admission(&self) -> Admission {
        let (since, until) = match self.own {
            Own::Nothing => return Admission::Founding,
            Own::Roots => return Admission::Certified(Leniency::NONE),
            Own::Leaf { since, until } => (since, until),
        };
        let before = match self.leader {
            Leader::NotSought => since.saturating_add(SETTLING),
            Leader::Missing => u64::MAX,
            Leader::Seen { since: seen } => since.max(seen).saturating_add(SETTLING),
        };
        Admission::Certified(Leniency { before, from: until.saturating_add(1) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    fn lenient(policy: &Policy, now: u64) -> bool {
        match policy.admission() {
            Admission::Certified(leniency) => leniency.lasts(now),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pins_decide_until_there_is_a_certificate() {
        let mut policy = Policy::default();
        assert_eq!(policy.admission(), Admission::Founding);
        policy.handle_leader(true, 5);
        policy.handle_leader(false, 6);
        assert_eq!(policy.admission(), Admission::Founding);
        policy.handle_roots();
        assert_eq!(policy.admission(), Admission::Certified(Leniency::NONE));
    }

    #[test]
    fn a_server_is_strict_a_minute_after_all_is_in_order() {
        let mut policy = Policy::default();
        policy.handle_leader(false, 0);
        policy.handle_leaf(1000, 10);
        assert!(lenient(&policy, 900), "no leader");
        policy.handle_leader(true, 100);
        policy.handle_leader(true, 130);
        assert!(lenient(&policy, 159) && !lenient(&policy, 160), "a minute after the leader was seen first");
        policy.handle_leaf(2000, 500);
        assert!(!lenient(&policy, 501), "a renewal in time changes nothing");
        policy.handle_leader(false, 600);
        assert!(lenient(&policy, 700));
        policy.handle_leader(true, 700);
        assert!(!lenient(&policy, 2000) && lenient(&policy, 2001), "its own has ended");
        policy.handle_leaf(9000, 3000);
        assert!(lenient(&policy, 3059) && !lenient(&policy, 3060), "a minute for the others to renew theirs");
    }

    #[test]
    fn a_gateway_goes_by_its_own_certificate() {
        let mut policy = Policy::default();
        policy.handle_leaf(1000, 10);
        assert!(lenient(&policy, 69) && !lenient(&policy, 70) && !lenient(&policy, 1000) && lenient(&policy, 1001));
    }

    proptest! {
        /// Whatever happens: who has had a certificate never goes by pins alone again, and is strict once a leader has been seen, and the
        /// own certificate been in force, for a minute.
        #[test]
        fn no_way_leads_back(steps in prop::collection::vec((0u8..4, 0u64..500), 1..40)) {
            let (mut policy, mut now) = (Policy::default(), 1000);
            let (mut leader, mut leaf) = (None, None);
            for (what, pause) in steps {
                now += pause;
                match what {
                    0 => {
                        policy.handle_leader(true, now);
                        leader = leader.or(Some(now));
                    }
                    1 => {
                        policy.handle_leader(false, now);
                        leader = None;
                    }
                    2 => {
                        policy.handle_leaf(now + 600, now);
                        let since = leaf.filter(|(_, until)| now <= *until).map_or(now, |(since, _)| since);
                        leaf = Some((since, now + 600));
                    }
                    _ => policy.handle_roots(),
                }
                if let Some((since, until)) = leaf {
                    prop_assert!(matches!(policy.admission(), Admission::Certified(_)));
                    let in_order = leader.is_some_and(|leader| now >= leader + SETTLING) && now >= since + SETTLING && now <= until;
                    prop_assert!(!(in_order && lenient(&policy, now)));
                    let nobody_can_renew = now > until;
                    prop_assert!(!nobody_can_renew || lenient(&policy, now));
                }
            }
        }
    }
}
