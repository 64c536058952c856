//! What happens when a timer fires.

use std::time::Duration;

use rand::RngExt;
use rand::seq::IteratorRandom;

use super::{Members, Phase};
use crate::effect::Kind;
use crate::wire::{Body, Envelope};
use crate::{Effect, Purpose, Timer};

/// Rounds in which our own death is gossiped before we are silent.
const FAREWELLS: u8 = 4;

impl Members {
    /// A timer asked for by [`Effect::After`] fires. Stale ones are ignored.
    pub fn handle_timer(&mut self, now: Duration, timer: Timer) {
        self.clock = now;
        if !matches!(self.phase, Phase::Departing | Phase::Left) && self.puts_off(now, &timer) {
            return;
        }
        match timer.kind {
            Kind::Leave { step } => self.on_leave(now, step),
            Kind::Gossip => self.on_gossip(),
            _ if matches!(self.phase, Phase::Departing | Phase::Left) => {}
            Kind::Swim(timer) => {
                let unanswered = match &timer {
                    foca::Timer::SendIndirectProbe { probed_id, .. } => Some(*probed_id),
                    _ => None,
                };
                self.swim(now, |swim, outputs| swim.handle_timer(timer, outputs));
                if let Some(target) = unanswered {
                    self.call_unanswered(target);
                }
            }
            Kind::PushPull => {
                self.push_pull_random(now);
                self.after(self.config.push_pull_every(self.live()), Kind::PushPull);
            }
            Kind::Settle => self.push_pull_random(now),
            Kind::Reconnect => self.on_reconnect(now),
            Kind::Reap => self.on_reap(now),
            Kind::Details => self.on_details(now),
            Kind::Suspicion { instance, token } => self.on_suspicion_end(now, instance, token),
            Kind::Nack { origin, target, number } => self.on_nack(origin, target, number),
            Kind::PingAgain { target, number } => self.on_ping_again(now, target, number),
            Kind::ErrandAgain { origin, target, number } => self.on_errand_again(now, origin, target, number),
            Kind::Watch => self.on_watch(now),
            Kind::WatchIndirect { target, number } => self.on_watch_indirect(now, target, number),
            Kind::Recheck { target, incarnation, number } => self.on_recheck(now, target, incarnation, number),
            Kind::Renew => self.renew(now),
        }
        self.publish();
    }

    /// A process that was stalled wakes up to timers that are long over and to answers that it has not read: no judgement before those are.
    /// Once only, since one that is always late must come to judge, too.
    fn puts_off(&mut self, now: Duration, timer: &Timer) -> bool {
        let judges = match &timer.kind {
            Kind::Swim(timer) => matches!(timer, foca::Timer::ProbeRandomMember(_) | foca::Timer::SendIndirectProbe { .. }),
            kind => matches!(kind, Kind::Watch | Kind::WatchIndirect { .. } | Kind::Suspicion { .. }),
        };
        // Whatever makes packets wait for a connection has no part in how a member fares.
        let delay = self.handshakes(now, &timer.kind);
        if !delay.is_zero() {
            let timer = Timer { due: now + delay.min(self.config.probe_timeout), ..timer.clone() };
            self.effects.push_back(Effect::After { delay: delay.min(self.config.probe_timeout), timer });
            return true;
        }
        if !judges || timer.put_off || now.saturating_sub(timer.due) <= self.config.probe_timeout {
            return false;
        }
        if self.stalled.is_none_or(|until| until <= now) {
            self.stalled = Some(now + self.config.probe_interval);
            self.health.worsen(1);
        }
        let delay = self.config.probe_timeout;
        let timer = Timer { put_off: true, due: now + delay, ..timer.clone() };
        self.effects.push_back(Effect::After { delay, timer });
        true
    }

    pub(super) fn start_timers(&mut self) {
        let delay = self.part_of(self.config.probe_interval);
        self.after(delay, Kind::Watch);
        let delay = self.part_of(self.config.push_pull_interval);
        self.after(delay, Kind::PushPull);
        let delay = self.part_of(self.config.reconnect_interval);
        self.after(delay, Kind::Reconnect);
        self.after(self.config.reap_interval, Kind::Reap);
    }

    /// foca gossips its own updates (and takes items along); this is for items when it has none, and for what is too large beside them.
    fn on_gossip(&mut self) {
        self.gossip_armed = false;
        let carried = self.swim.updates_backlog() > 0 && !self.items.has_large();
        if carried || self.phase == Phase::Left {
            return;
        }
        for to in self.random_live(self.config.gossip_nodes) {
            if self.items.is_empty() {
                break;
            }
            let envelope = Envelope::new(self.identity, self.details.version);
            self.send(to.instance.addr, envelope);
        }
    }

    fn push_pull_random(&mut self, now: Duration) {
        if let Some(to) = self.random_live(1).first() {
            self.push_pull(now, to.instance.addr, Purpose::PushPull);
        }
    }

    /// As often, over the pool, as there are failed members for each live one.
    fn on_reconnect(&mut self, now: Duration) {
        let failed = self.directory.failed().count();
        let chance = failed as f64 / self.live() as f64;
        if self.rng.random_range(0.0..1.0) < chance
            && let Some(instance) = self.directory.failed().choose(&mut self.rng)
        {
            self.push_pull(now, instance.addr, Purpose::Reconnect);
        }
        self.after(self.config.reconnect_interval, Kind::Reconnect);
    }

    fn on_reap(&mut self, now: Duration) {
        for instance in self.directory.reap(now) {
            self.wanted.forget(instance);
        }
        self.after(self.config.reap_interval, Kind::Reap);
    }

    fn on_details(&mut self, now: Duration) {
        if self.details_due.is_none_or(|due| due > now) {
            return;
        }
        self.details_due = None;
        for (to, instances) in self.wanted.due(now, self.config.gossip_interval * 2) {
            let body = Body::DetailsRequest(instances);
            if let Some(bytes) = self.seal_stream(body) {
                self.effects.push_back(Effect::Stream { to, bytes, purpose: Purpose::Details });
            }
        }
        self.arm_details(now);
    }

    /// Sees that a timer is set for the next want.
    pub(super) fn arm_details(&mut self, now: Duration) {
        let Some(due) = self.wanted.next_due() else { return };
        if self.details_due.is_none_or(|armed| due < armed) {
            self.details_due = Some(due);
            self.after(due.saturating_sub(now), Kind::Details);
        }
    }

    fn on_leave(&mut self, now: Duration, step: u8) {
        match self.phase {
            Phase::Leaving => {
                self.phase = Phase::Departing;
                self.swim(now, |swim, outputs| swim.leave_cluster(outputs));
                self.directory.down(now, self.identity);
            }
            Phase::Departing => self.swim(now, |swim, outputs| swim.gossip(outputs)),
            Phase::Running | Phase::Left => return,
        }
        if step < FAREWELLS && self.swim.num_members() > 0 {
            self.after(self.config.gossip_interval, Kind::Leave { step: step + 1 });
        } else {
            self.phase = Phase::Left;
            self.effects.push_back(Effect::Left);
        }
    }
}
