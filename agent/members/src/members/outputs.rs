//! Between foca and the rest: every call into foca goes through [`Members::swim`], which acts on its outputs.

use std::time::Duration;

use foca::Message;

use super::{Members, Phase};
use crate::Instance;
use crate::effect::Kind;
use crate::evidence::Evidence;
use crate::identity::{GENERATION_MAX, Identity};
use crate::swim::{Output, Outputs, Swim, foca_config};
use crate::wire::{Envelope, Item};

/// Least time between two identities of ours.
const RENEW_INTERVAL: Duration = Duration::from_secs(1);

impl Members {
    /// Calls foca, then carries out what it wants.
    ///
    /// foca's errors are about single messages (malformed, not for us) and leave its state good; the message is dropped.
    pub(super) fn swim(&mut self, now: Duration, call: impl FnOnce(&mut Swim, &mut Outputs) -> Result<(), foca::Error>) {
        let mut outputs = Outputs::default();
        let before = self.swim.num_members();
        let _dropped = call(&mut self.swim, &mut outputs);
        if self.swim.num_members() != before {
            // Only the number of transmissions changes, which foca accepts at any time.
            let _accepted = self.swim.set_config(foca_config(&self.config, self.live()));
        }
        for output in outputs.0 {
            self.absorb(now, output);
        }
    }

    fn absorb(&mut self, now: Duration, output: Output) {
        match output {
            Output::Send { to, bytes, message } => self.send_swim(now, to, bytes, message),
            Output::Sent { incarnation } => self.incarnation = incarnation,
            Output::After(delay, timer) => self.absorb_timer(now, delay, timer),
            Output::Up(identity) => {
                self.directory.up(now, identity);
                self.want_unknown(now, identity.instance);
            }
            Output::Down(identity) => {
                self.directory.down(now, identity);
                self.suspicions.forget(identity.instance);
                self.wanted.forget(identity.instance);
                self.neighbours.forget(identity.instance);
            }
            Output::Replaced(old, new) => {
                self.directory.replace(now, old, new);
                self.suspicions.forget(old.instance);
                if old.instance != new.instance {
                    self.neighbours.forget(old.instance);
                }
                self.want_unknown(now, new.instance);
            }
            Output::Defunct => self.renew(now),
            Output::ProbeFailed => {
                self.failed = self.probe.take();
                if let Some(failed) = &self.failed {
                    self.health.worsen(failed.blame());
                }
            }
            Output::Received { from, message } => self.absorb_message(now, from, &message),
        }
    }

    /// A packet of foca's goes out in our envelope.
    pub(super) fn send_swim(&mut self, now: Duration, to: Identity, bytes: Vec<u8>, message: Option<Message<Identity>>) {
        match message {
            Some(Message::Ping(number)) => self.begin_probe(now, to, number, bytes.clone()),
            Some(Message::IndirectPing { origin, probe_number }) => self.begin_errand(origin, to, probe_number, bytes.clone()),
            _ => {}
        }
        let mut envelope = Envelope::new(self.identity, self.details.version);
        envelope.swim = Some(bytes);
        // Lifeguard's buddy, with every message and not only pings: whom we suspect shall be the first to know.
        if let Some(incarnation) = self.suspicions.of(to) {
            let (from, evidence) = (self.me.addr, Evidence::None);
            envelope.items.push(Item::Accusation { target: to, incarnation, from, evidence });
        }
        match message {
            Some(Message::Ack(_)) => envelope.coordinate = Some(self.neighbours.here()),
            Some(Message::PingReq { .. }) => {
                if let Some(probe) = &mut self.probe {
                    probe.asked_another();
                }
            }
            _ => {}
        }
        self.send(to.instance.addr, envelope);
    }

    fn absorb_timer(&mut self, now: Duration, delay: Duration, timer: foca::Timer<Identity>) {
        match timer {
            foca::Timer::ChangeSuspectToDown { member_id, incarnation, .. } => {
                let failed = self.failed.take().filter(|failed| failed.target == member_id);
                self.accuse(now, member_id, incarnation, failed.as_ref());
            }
            // Both are asked for in one call and so stretched alike: the probe's end stays behind its indirect stage.
            timer @ (foca::Timer::ProbeRandomMember(_) | foca::Timer::SendIndirectProbe { .. }) => {
                self.after(self.health.stretch(delay), Kind::Swim(timer));
            }
            timer => self.after(delay, Kind::Swim(timer)),
        }
    }

    fn absorb_message(&mut self, now: Duration, from: Identity, message: &Message<Identity>) {
        match *message {
            Message::Ack(number) => {
                let probes = self.probe.iter().chain(&self.watches);
                self.round_trip = probes.filter(|probe| !probe.is_answered()).find_map(|probe| probe.round_trip(now, from, number));
                self.answered(from, number);
            }
            Message::ForwardedAck { origin, probe_number } => self.answered(origin, probe_number),
            Message::PingReq { target, probe_number } => self.take_errand(from, target, probe_number),
            Message::IndirectAck { target, probe_number } => {
                self.owed.remove(&(target, from, probe_number));
            }
            _ => {}
        }
    }

    fn answered(&mut self, by: Identity, number: u8) {
        if self.probes().any(|probe| probe.answer(by, number)) {
            self.health.recover();
        }
    }

    fn want_unknown(&mut self, now: Duration, instance: Instance) {
        if self.directory.get(instance).is_some_and(|entry| entry.details.is_none()) {
            self.want(now, instance, 0);
        }
    }

    /// Fetches details, first from whoever told us, a little later than at once so that many travel together.
    pub(super) fn want(&mut self, now: Duration, instance: Instance, version: u32) {
        let holder = self.informant.unwrap_or(instance.addr);
        let due = now + self.part_of(self.config.gossip_interval);
        self.wanted.want(instance, version, holder, due);
        self.arm_details(now);
    }

    /// Our identity counts as down somewhere, for good: come back under the next one.
    pub(super) fn renew(&mut self, now: Duration) {
        if self.phase != Phase::Running {
            return;
        }
        if now < self.renew_after {
            self.after(self.renew_after - now, Kind::Renew);
            return;
        }
        self.become_identity(now, self.identity.next());
    }

    /// Someone knows an identity at our address that is not ours. A higher one is an earlier run whose clock was ahead.
    pub(super) fn outbid(&mut self, now: Duration, seen: Identity) {
        let outranked = seen.instance.addr == self.me.addr && seen.replaces(self.identity);
        if outranked && self.phase == Phase::Running && now >= self.renew_after && seen.instance.generation < GENERATION_MAX {
            self.become_identity(now, Identity::above(self.me.addr, seen.instance.generation));
        }
    }

    fn become_identity(&mut self, now: Duration, identity: Identity) {
        let before = std::mem::replace(&mut self.identity, identity);
        self.renew_after = now + RENEW_INTERVAL;
        self.incarnation = 0;
        self.probe = None;
        self.watches.clear();
        if identity.instance != before.instance {
            self.set_generation(identity.instance.generation);
        }
        self.directory.replace(now, before, identity);
        self.directory.learn_details(now, identity.instance, self.details.clone());
        self.swim(now, |swim, outputs| {
            swim.change_identity(identity, &mut *outputs)?;
            // foca connects again only when it is told something.
            swim.apply_many(std::iter::empty(), true, outputs)
        });
    }
}
