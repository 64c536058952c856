//! A probe under way: was it answered, by whom, who could not reach the target either.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::Contact;
use crate::evidence::Evidence;
use crate::identity::Identity;

/// Bookkeeping of one probe cycle.
pub(crate) struct Probe {
    pub(crate) target: Identity,
    pub(crate) number: u8,
    /// The ping in foca's bytes, to be sent again while it is not answered.
    pub(crate) ping: Vec<u8>,
    began: Duration,
    /// When the first ping was on its way; later than it began if a connection had to be made first.
    sent: Duration,
    /// How often the ping was sent.
    pub(crate) pings: u32,
    answered: bool,
    /// Members asked to probe indirectly, each of which answers with an ack or a NACK if we can hear it.
    asked: u32,
    nacks: BTreeMap<SocketAddr, Evidence>,
    call: Option<Call>,
}

/// A call to the target's stream port.
#[derive(Clone, Copy, Default)]
struct Call {
    contact: Option<Contact>,
}

impl Probe {
    pub(crate) fn start(now: Duration, target: Identity, number: u8, ping: Vec<u8>) -> Self {
        Self { target, number, ping, began: now, sent: now, pings: 1, answered: false, asked: 0, nacks: BTreeMap::new(), call: None }
    }

    pub(crate) fn is_of(&self, target: Identity, number: u8) -> bool {
        (self.target, self.number) == (target, number)
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }

    pub(crate) fn asked_another(&mut self) {
        self.asked = self.asked.saturating_add(1);
    }

    /// Returns true for the first answer of this cycle.
    pub(crate) fn answer(&mut self, from: Identity, number: u8) -> bool {
        let first = !self.answered && self.is_of(from, number);
        self.answered |= first;
        first
    }

    /// How long the target took, if this is its own answer to our one ping of this cycle: of several nobody knows which is answered.
    pub(crate) fn round_trip(&self, now: Duration, from: Identity, number: u8) -> Option<Duration> {
        (self.is_of(from, number) && self.pings == 1).then(|| now.saturating_sub(self.sent))
    }

    pub(crate) fn nack(&mut self, from: SocketAddr, target: Identity, number: u8, evidence: Evidence) {
        if self.is_of(target, number) && self.nacks.len() < self.asked as usize {
            self.nacks.insert(from, evidence);
        }
    }

    /// The connection over which the ping goes has been made only now.
    pub(crate) fn handle_connected(&mut self, now: Duration) {
        if !self.answered {
            self.sent = now;
        }
    }

    /// How much of a cycle of `interval` is missing because of a connection that had to be made: none if nobody waits for it.
    /// The target's `first` answer to us may take so much longer.
    pub(crate) fn missing(&self, now: Duration, interval: Duration, first: Duration, connecting: bool) -> Duration {
        // A member that is dead cannot be connected to either: there is an end.
        let patience = (self.began + interval * 2 + first).saturating_sub(now);
        let missing = if connecting { patience } else { (self.sent + first + interval).saturating_sub(now) };
        let waits = !self.answered && (connecting || self.sent > self.began || !first.is_zero());
        if waits { missing.min(patience) } else { Duration::ZERO }
    }

    pub(crate) fn called(&mut self) {
        self.call.get_or_insert_default();
    }

    /// The call that was to be made to `addr` was not, so it says nothing.
    pub(crate) fn handle_not_called(&mut self, addr: SocketAddr) {
        if self.target.instance.addr == addr {
            self.call = self.call.filter(|call| call.contact.is_some());
        }
    }

    /// Somebody at `addr` took or refused a call.
    pub(crate) fn handle_contact(&mut self, addr: SocketAddr, contact: Contact) {
        if let Some(call) = self.call.as_mut().filter(|_| self.target.instance.addr == addr) {
            call.contact = Some(contact);
        }
    }

    /// What we ourselves have to say of the target.
    pub(crate) fn evidence(&self) -> Evidence {
        self.call.map_or(Evidence::None, |call| Evidence::of_call(call.contact))
    }

    /// Those who could not reach the target either, with what they have to say.
    pub(crate) fn witnesses(&self) -> impl Iterator<Item = (SocketAddr, Evidence)> {
        self.nacks.iter().map(|(from, evidence)| (*from, *evidence))
    }

    /// By how much the unanswered cycle speaks against our own health: the NACKs we should have heard,
    /// or one if nobody could be asked.
    pub(crate) fn blame(&self) -> u32 {
        let heard = u32::try_from(self.nacks.len()).unwrap_or(u32::MAX);
        if self.asked == 0 { 1 } else { self.asked.saturating_sub(heard) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instance;

    #[test]
    fn nacks_clear_us_of_blame() {
        let addr = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let target = Identity { instance: Instance { addr: addr(1), generation: 1 }, renewal: 0 };
        let mut probe = Probe::start(Duration::from_secs(1), target, 9, Vec::new());
        assert_eq!(probe.blame(), 1);
        probe.asked_another();
        probe.asked_another();
        assert_eq!(probe.blame(), 2);
        probe.nack(addr(2), target, 8, Evidence::Silent);
        probe.nack(addr(2), target, 9, Evidence::Silent);
        probe.nack(addr(2), target, 9, Evidence::Refused);
        assert_eq!(probe.blame(), 1);
        assert_eq!(probe.witnesses().collect::<Vec<_>>(), [(addr(2), Evidence::Refused)]);
        assert_eq!(probe.round_trip(Duration::from_millis(1020), target, 9), Some(Duration::from_millis(20)));
        assert_eq!(probe.round_trip(Duration::from_millis(1020), target, 8), None);
        assert!(probe.answer(target, 9));
        assert!(!probe.answer(target, 9));
        probe.pings += 1;
        assert_eq!(probe.round_trip(Duration::from_millis(1020), target, 9), None);
    }

    #[test]
    fn a_connection_that_had_to_be_made_does_not_count() {
        let (second, ms, none) = (Duration::from_secs, Duration::from_millis, Duration::ZERO);
        let target = Identity { instance: Instance { addr: ([127, 0, 0, 1], 1).into(), generation: 1 }, renewal: 0 };
        let mut probe = Probe::start(second(10), target, 1, Vec::new());
        assert_eq!(probe.missing(second(11), second(1), none, false), none);
        assert_eq!(probe.missing(second(11), second(1), none, true), second(1));
        assert_eq!(probe.missing(second(12), second(1), none, true), none, "not for ever");
        assert_eq!(probe.missing(second(11), second(1), ms(500), false), ms(500), "a first answer");
        probe.handle_connected(ms(10_600));
        assert_eq!(probe.missing(second(11), second(1), none, false), ms(600));
        assert_eq!(probe.missing(second(11), second(1), ms(500), false), ms(1100));
        assert_eq!(probe.round_trip(second(11), target, 1), Some(ms(400)));
        probe.answer(target, 1);
        assert_eq!(probe.missing(second(11), second(1), ms(500), false), none);
    }

    #[test]
    fn a_call_is_evidence_when_it_was_made() {
        let addr = SocketAddr::from(([127, 0, 0, 1], 1));
        let target = Identity { instance: Instance { addr, generation: 1 }, renewal: 0 };
        let mut probe = Probe::start(Duration::ZERO, target, 1, Vec::new());
        probe.handle_contact(addr, Contact::Refused);
        assert_eq!(probe.evidence(), Evidence::None);
        probe.called();
        assert_eq!(probe.evidence(), Evidence::Silent);
        probe.handle_not_called(addr);
        assert_eq!(probe.evidence(), Evidence::None, "nobody can be silent who was not called");
        probe.called();
        probe.handle_contact(SocketAddr::from(([127, 0, 0, 2], 1)), Contact::Open);
        assert_eq!(probe.evidence(), Evidence::Silent);
        probe.handle_contact(addr, Contact::Refused);
        probe.handle_not_called(addr);
        assert_eq!(probe.evidence(), Evidence::Refused, "an earlier call was made");
    }
}
