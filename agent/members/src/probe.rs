//! The probe under way, seen through foca's notifications: was it answered, by whom, who owes a NACK.

use std::time::Duration;

use crate::identity::Identity;

/// Bookkeeping of one probe cycle for Lifeguard.
pub(crate) struct Probe {
    target: Identity,
    number: u8,
    sent: Duration,
    answered: bool,
    /// Members asked to probe indirectly, each of which answers with an ack or a NACK if we can hear it.
    asked: u32,
    nacks: u32,
}

impl Probe {
    pub(crate) fn start(now: Duration, target: Identity, number: u8) -> Self {
        Self { target, number, sent: now, answered: false, asked: 0, nacks: 0 }
    }

    pub(crate) fn asked_another(&mut self) {
        self.asked = self.asked.saturating_add(1);
    }

    /// Returns true for the first answer of this cycle.
    pub(crate) fn answer(&mut self, from: Identity, number: u8) -> bool {
        let first = !self.answered && from == self.target && number == self.number;
        self.answered |= first;
        first
    }

    /// How long the target took, if this is its own answer to our ping of this cycle.
    pub(crate) fn round_trip(&self, now: Duration, from: Identity, number: u8) -> Option<Duration> {
        (from == self.target && number == self.number).then(|| now.saturating_sub(self.sent))
    }

    pub(crate) fn nack(&mut self, target: Identity, number: u8) {
        if target == self.target && number == self.number && self.nacks < self.asked {
            self.nacks += 1;
        }
    }

    /// By how much the unanswered cycle speaks against our own health: the NACKs we should have heard,
    /// or one if nobody could be asked.
    pub(crate) fn blame(&self) -> u32 {
        if self.asked == 0 { 1 } else { self.asked - self.nacks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instance;

    #[test]
    fn nacks_clear_us_of_blame() {
        let addr = ([127, 0, 0, 1], 1).into();
        let target = Identity { instance: Instance { addr, generation: 1 }, renewal: 0 };
        let mut probe = Probe::start(Duration::from_secs(1), target, 9);
        assert_eq!(probe.blame(), 1);
        probe.asked_another();
        probe.asked_another();
        assert_eq!(probe.blame(), 2);
        probe.nack(target, 8);
        probe.nack(target, 9);
        assert_eq!(probe.blame(), 1);
        assert!(probe.answer(target, 9));
        assert!(!probe.answer(target, 9));
        assert_eq!(probe.round_trip(Duration::from_millis(1020), target, 9), Some(Duration::from_millis(20)));
        assert_eq!(probe.round_trip(Duration::from_millis(1020), target, 8), None);
    }
}
