//! Suspicion as Lifeguard has it: everyone who hears of it waits, and independent accusers shorten the wait.

use std::net::SocketAddr;
use std::time::Duration;

use foca::{Member, State};

use super::Members;
use crate::Instance;
use crate::effect::Kind;
use crate::evidence::Evidence;
use crate::identity::Identity;
use crate::probe::Probe;
use crate::suspicion::{Bounds, Expiry};
use crate::wire::Item;

impl Members {
    /// Our own probe of `target` failed. Whoever probed for us and could not reach it either is an accuser, too: those are probes of their
    /// own, by other ways, and all are there when the suspicion begins.
    pub(super) fn accuse(&mut self, now: Duration, target: Identity, incarnation: u16, failed: Option<&Probe>) {
        let mut expiry = self.hear_suspicion(now, target, incarnation);
        let ours = (self.me.addr, failed.map_or(Evidence::None, Probe::evidence));
        let accusers = std::iter::once(ours).chain(failed.into_iter().flat_map(Probe::witnesses));
        for (from, evidence) in accusers {
            let confirmed = self.suspicions.confirm(now, target, incarnation, (from, evidence));
            if confirmed.is_some() {
                self.items.push(Item::Accusation { target, incarnation, from, evidence });
                expiry = confirmed;
            }
        }
        self.await_suspicion(target.instance, expiry);
        if self.suspicions.covers(target, incarnation) {
            self.recheck(target, incarnation, failed.map_or(0, |failed| failed.number));
        }
    }

    /// Someone else's probe of `target` failed. True if that is news worth passing on.
    pub(super) fn hear_accusation(&mut self, now: Duration, target: Identity, incarnation: u16, from: (SocketAddr, Evidence)) -> bool {
        if target == self.identity {
            self.hear_suspicion_of_us(now, incarnation);
            return false;
        }
        if !self.directory.is_live(target) || from.0 == target.instance.addr {
            return false;
        }
        if !self.suspicions.covers(target, incarnation) {
            let suspect = Member::new(target, incarnation, State::Suspect);
            self.swim(now, |swim, outputs| swim.apply_many(std::iter::once(suspect), true, outputs));
        }
        let started = self.hear_suspicion(now, target, incarnation);
        let confirmed = self.suspicions.confirm(now, target, incarnation, from);
        let news = confirmed.is_some();
        self.await_suspicion(target.instance, confirmed.or(started));
        news
    }

    /// A suspicion came with foca's updates: no accuser is named.
    pub(super) fn hear_suspect_update(&mut self, now: Duration, target: Identity, incarnation: u16) {
        let started = self.hear_suspicion(now, target, incarnation);
        self.await_suspicion(target.instance, started);
    }

    /// `target` lives under `incarnation`. Accusations of earlier ones would be passed on and heard for long after: where some stall in a
    /// large pool, that is most of what is gossiped.
    pub(super) fn hear_refutation(&mut self, target: Identity, incarnation: u16) {
        let Some(suspected) = self.suspicions.of(target).filter(|suspected| *suspected < incarnation) else { return };
        // foca does not take every message: what is meant for an earlier identity of ours, for one.
        if !self.is_suspect(target, suspected) {
            self.suspicions.forget(target.instance);
            self.items.acquit(target, incarnation);
        }
    }

    /// We are suspected: foca refutes, we trust ourselves less.
    pub(super) fn hear_suspicion_of_us(&mut self, now: Duration, incarnation: u16) {
        // Refuted already: foca would gossip again, and two members that suspect each other would never stop.
        if incarnation < self.incarnation {
            return;
        }
        self.health.worsen(1);
        let suspect = Member::new(self.identity, incarnation, State::Suspect);
        self.swim(now, |swim, outputs| swim.apply_many(std::iter::once(suspect), true, outputs));
    }

    pub(super) fn on_suspicion_end(&mut self, now: Duration, instance: Instance, token: u64) {
        let Some((target, incarnation)) = self.suspicions.expire(instance, token) else { return };
        if self.is_suspect(target, incarnation) {
            let down = Member::new(target, incarnation, State::Down);
            self.swim(now, |swim, outputs| swim.apply_many(std::iter::once(down), true, outputs));
        }
    }

    /// Starts our own timer unless it runs already, or foca knows better than this suspicion.
    fn hear_suspicion(&mut self, now: Duration, target: Identity, incarnation: u16) -> Option<Expiry> {
        if self.suspicions.covers(target, incarnation) || !self.is_suspect(target, incarnation) {
            return None;
        }
        let live = self.live();
        // As memberlist: the accused and the accuser cannot confirm.
        let wanted = usize::try_from(self.config.suspicion_mult.saturating_sub(2)).unwrap_or(usize::MAX);
        let enough = if live < wanted.saturating_add(2) { 0 } else { wanted };
        let base = self.config.suspicion_min(live);
        // In doubt about ourselves we wait longer, but not the more without bound: others may all be sure.
        let min = self.health.stretch(base);
        let max = min.max(base * self.config.suspicion_max_mult.max(1));
        let (silent, refused) = (min.mul_f64(self.config.silent_share), min.mul_f64(self.config.refused_share));
        Some(self.suspicions.start(now, target, incarnation, Bounds { min, silent, refused, max, enough }))
    }

    fn await_suspicion(&mut self, instance: Instance, expiry: Option<Expiry>) {
        if let Some(Expiry { delay, token }) = expiry {
            self.after(delay, Kind::Suspicion { instance, token });
        }
    }

    fn is_suspect(&self, target: Identity, incarnation: u16) -> bool {
        self.swim
            .iter_members()
            .any(|member| *member.id() == target && member.incarnation() == incarnation && member.state() == State::Suspect)
    }
}
