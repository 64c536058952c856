//! Probes beyond foca's: pings are repeated while they are not answered, the next in the ring is watched, whoever answers no ping is called
//! on a stream, and who is suspected is asked again and again by his accusers.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use foca::{Member, Message, State};

use super::Members;
use crate::effect::Kind;
use crate::evidence::Evidence;
use crate::identity::Identity;
use crate::probe::Probe;
use crate::ring;
use crate::wire::{Body, Envelope, Nack, swim_message};
use crate::{Contact, Effect, Purpose};

/// A ping is sent so often at the most.
const PINGS: u32 = 8;
/// Suspects asked again and again at a time; beyond, they have the usual probes and gossip for refuting.
const RECHECKS: usize = 8;

/// A probe made for another member, who has not heard of it yet.
pub(super) struct Errand {
    /// In foca's bytes.
    ping: Vec<u8>,
    called: bool,
    contact: Option<Contact>,
}

impl Members {
    /// The driver called `addr` for [`Purpose::Probe`], and this is how far it got; an answer comes as the stream's reply.
    /// Nothing is to be told when the call just brought nothing.
    pub fn handle_contact(&mut self, now: Duration, addr: SocketAddr, contact: Contact) {
        self.clock = now;
        for probe in self.probes() {
            probe.handle_contact(addr, contact);
        }
        for ((_, target, _), errand) in &mut self.owed {
            if target.instance.addr == addr && errand.called {
                errand.contact = Some(contact);
            }
        }
    }

    /// The driver has no room for a call to `addr` for [`Purpose::Probe`]: that nothing came of it says nothing of who is there.
    pub fn handle_not_called(&mut self, addr: SocketAddr) {
        for probe in self.probes() {
            probe.handle_not_called(addr);
        }
        for ((_, target, _), errand) in &mut self.owed {
            errand.called &= target.instance.addr != addr || errand.contact.is_some();
        }
    }

    /// The driver has to make a connection to `addr` before packets get there. Until [`handle_connected`](Self::handle_connected) says
    /// that this has ended, nobody there is judged by a probe, within reason.
    pub fn handle_connecting(&mut self, addr: SocketAddr) {
        if self.connecting.len() < self.config.max_members {
            self.connecting.insert(addr);
        }
    }

    /// The connection to `addr` was made, or could not be.
    pub fn handle_connected(&mut self, now: Duration, addr: SocketAddr, made: bool) {
        self.connecting.remove(&addr);
        for probe in self.probes().filter(|probe| made && probe.target.instance.addr == addr) {
            probe.handle_connected(now);
        }
    }

    /// How much longer judging has to wait for probes that began with making a connection.
    pub(super) fn handshakes(&self, now: Duration, kind: &Kind) -> Duration {
        let missing = |probe: &Probe| {
            let target = probe.target.instance;
            let first = if self.neighbours.of(target).is_none() { self.config.handshake } else { Duration::ZERO };
            let interval = self.health.stretch(self.config.probe_interval);
            probe.missing(now, interval, first, self.connecting.contains(&target.addr))
        };
        match kind {
            Kind::Swim(foca::Timer::ProbeRandomMember(_)) => self.probe.as_ref().map_or(Duration::ZERO, missing),
            Kind::Watch => self.watches.iter().map(missing).max().unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }

    /// foca sends a ping: its probe begins.
    pub(super) fn begin_probe(&mut self, now: Duration, target: Identity, number: u8, ping: Vec<u8>) {
        self.probe = Some(Probe::start(now, target, number, ping));
        if self.config.ping_gap < self.config.probe_timeout {
            self.arm_again(target, number);
        }
    }

    /// No answer yet: a ping or its answer may have been lost.
    pub(super) fn on_ping_again(&mut self, now: Duration, target: Identity, number: u8) {
        let waiting = |probe: &&mut Probe| probe.is_of(target, number) && !probe.is_answered() && probe.pings < PINGS;
        let Some(probe) = self.probes().find(waiting) else { return };
        probe.pings += 1;
        let ping = probe.ping.clone();
        self.send_swim(now, target, ping, None);
        self.arm_again(target, number);
    }

    /// The next in the ring are watched for one interval, then judged.
    pub(super) fn on_watch(&mut self, now: Duration) {
        for failed in std::mem::take(&mut self.watches).into_iter().filter(|watch| !watch.is_answered()) {
            self.watch_failed(now, &failed);
        }
        for target in self.next_in_ring() {
            self.watch_number = self.watch_number.wrapping_add(1);
            let number = self.watch_number;
            let ping = self.ping(target, number);
            self.watches.push(Probe::start(now, target, number, ping.clone()));
            self.send_swim(now, target, ping, None);
            self.arm_again(target, number);
            self.after(self.health.stretch(self.config.probe_timeout), Kind::WatchIndirect { target, number });
        }
        self.after(self.health.stretch(self.config.probe_interval), Kind::Watch);
    }

    pub(super) fn on_watch_indirect(&mut self, now: Duration, target: Identity, number: u8) {
        let waiting = |watch: &Probe| watch.is_of(target, number) && !watch.is_answered();
        let Some(at) = self.watches.iter().position(waiting) else { return };
        let helpers = self.random_live(self.config.indirect_checks + 1);
        for helper in helpers.into_iter().filter(|helper| *helper != target).take(self.config.indirect_checks) {
            if let Some(watch) = self.watches.get_mut(at) {
                watch.asked_another();
            }
            let ask = swim_message(self.identity, self.incarnation, helper, &Message::PingReq { target, probe_number: number });
            self.send_swim(now, helper, ask, None);
        }
        self.call_unanswered(target);
    }

    /// Calls a target of ours that has not answered, once in a cycle.
    pub(super) fn call_unanswered(&mut self, target: Identity) {
        if !self.config.stream_probes {
            return;
        }
        let mut ping = None;
        // It may be both watched and probed at random: what comes of the call is known to both.
        for probe in self.probes().filter(|probe| probe.target == target && !probe.is_answered()) {
            probe.called();
            ping = Some(probe.ping.clone());
        }
        if let Some(ping) = ping {
            self.call(target, ping);
        }
    }

    /// Somebody asks us to probe `target` for him.
    pub(super) fn take_errand(&mut self, origin: Identity, target: Identity, number: u8) {
        if self.owed.len() >= OWED_MAX {
            return;
        }
        self.owed.insert((origin, target, number), Errand { ping: Vec::new(), called: false, contact: None });
        // Late enough for a slow answer, early enough to reach the asker within its own timeout.
        self.after(self.config.probe_timeout.mul_f64(0.8), Kind::Nack { origin, target, number });
    }

    /// foca does so.
    pub(super) fn begin_errand(&mut self, origin: Identity, target: Identity, number: u8, ping: Vec<u8>) {
        if let Some(errand) = self.owed.get_mut(&(origin, target, number)) {
            errand.ping = ping;
            self.after(self.ping_gap(target), Kind::ErrandAgain { origin, target, number });
        }
    }

    pub(super) fn on_errand_again(&mut self, now: Duration, origin: Identity, target: Identity, number: u8) {
        let Some(errand) = self.owed.get_mut(&(origin, target, number)) else { return };
        let first = !std::mem::replace(&mut errand.called, true);
        let ping = errand.ping.clone();
        if first && self.config.stream_probes {
            self.call(target, ping.clone());
        }
        self.send_swim(now, target, ping, None);
        self.after(self.ping_gap(target), Kind::ErrandAgain { origin, target, number });
    }

    /// Tells `origin` that we could not reach `target` either.
    pub(super) fn on_nack(&mut self, origin: Identity, target: Identity, number: u8) {
        let Some(errand) = self.owed.remove(&(origin, target, number)) else { return };
        let made = errand.called && self.config.stream_probes;
        let evidence = if made { Evidence::of_call(errand.contact) } else { Evidence::None };
        let mut envelope = Envelope::new(self.identity, self.details.version);
        envelope.nack = Some(Nack { target, number, evidence });
        self.send(origin.instance.addr, envelope);
    }

    /// Asks a suspect of ours again, until he answers or is given up: the accusation goes along, and the answer refutes it.
    pub(super) fn recheck(&mut self, target: Identity, incarnation: u16, number: u8) {
        if self.rechecks.len() < RECHECKS && self.rechecks.insert(target.instance) {
            self.after(self.recheck_gap(), Kind::Recheck { target, incarnation, number });
        }
    }

    pub(super) fn on_recheck(&mut self, now: Duration, target: Identity, incarnation: u16, number: u8) {
        if !self.suspicions.covers(target, incarnation) {
            self.rechecks.remove(&target.instance);
            return;
        }
        // Nobody waits for the answer: what counts is the incarnation it comes with.
        let ping = self.ping(target, number);
        self.send_swim(now, target, ping, None);
        self.after(self.recheck_gap(), Kind::Recheck { target, incarnation, number });
    }

    fn watch_failed(&mut self, now: Duration, failed: &Probe) {
        self.health.worsen(failed.blame());
        let target = failed.target;
        let Some(incarnation) = self.incarnation_of(target).filter(|_| self.directory.is_live(target)) else { return };
        let suspect = Member::new(target, incarnation, State::Suspect);
        self.swim(now, |swim, outputs| swim.apply_many(std::iter::once(suspect), true, outputs));
        self.accuse(now, target, incarnation, Some(failed));
    }

    fn incarnation_of(&self, target: Identity) -> Option<u16> {
        self.swim.iter_members().find(|member| *member.id() == target).map(Member::incarnation)
    }

    /// The next in the ring whom we do not suspect: suspects are asked anyway.
    fn next_in_ring(&self) -> Vec<Identity> {
        let trusted = self.swim.iter_members().filter(|member| member.state() == State::Alive).map(|member| *member.id());
        ring::next_after(self.me.addr, trusted, self.config.watched)
    }

    /// All that are under way.
    pub(super) fn probes(&mut self) -> impl Iterator<Item = &mut Probe> {
        self.probe.iter_mut().chain(&mut self.watches)
    }

    fn arm_again(&mut self, target: Identity, number: u8) {
        self.after(self.health.stretch(self.ping_gap(target)), Kind::PingAgain { target, number });
    }

    fn ping_gap(&self, target: Identity) -> Duration {
        let usual = |far: Duration| far.mul_f64(1.5).max(self.config.probe_timeout / 5);
        self.neighbours.distance(target.instance).map_or(self.config.ping_gap, usual)
    }

    fn recheck_gap(&self) -> Duration {
        self.health.stretch(self.config.probe_timeout / 2)
    }

    fn ping(&self, to: Identity, number: u8) -> Vec<u8> {
        swim_message(self.identity, self.incarnation, to, &Message::Ping(number))
    }

    /// Carries foca's `ping` to `target` on a stream.
    fn call(&mut self, target: Identity, ping: Vec<u8>) {
        let mut envelope = Envelope::new(self.identity, self.details.version);
        envelope.swim = Some(ping);
        let sealed = self.seal_packet(&envelope);
        if let Some(bytes) = sealed.and_then(|packet| self.seal_stream(Body::Packet(packet))) {
            self.effects.push_back(Effect::Stream { to: target.instance.addr, bytes, purpose: Purpose::Probe });
        }
    }

    /// A packet came on a stream: what answers it goes back there.
    pub(super) fn answer_packet(&mut self, now: Duration, packet: &[u8]) -> Bytes {
        let before = self.effects.len();
        let Ok(from) = self.receive(now, packet) else { return Bytes::new() };
        let answers = |effect: &Effect| matches!(effect, Effect::Packet { to, .. } if *to == from);
        let Some(at) = (before..self.effects.len()).find(|at| self.effects.get(*at).is_some_and(answers)) else { return Bytes::new() };
        match self.effects.remove(at) {
            Some(Effect::Packet { bytes, .. }) => bytes,
            _ => Bytes::new(),
        }
    }
}

/// Probes made for others at a time; beyond, no NACK is sent, which costs the asker a little confidence.
const OWED_MAX: usize = 1024;
