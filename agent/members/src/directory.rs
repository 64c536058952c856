//! The table of instances beside foca's, and the member list by name that follows from it.
//!
//! Changes are made to instances; which member a name stands for, and which events that means, is derived in one place
//! (`publish`) by comparing the list before and after.

mod entry;
mod intents;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;

use crate::details::Details;
use crate::identity::{Identity, Instance};
use crate::{Config, Event, Member};

pub(crate) use entry::{Entry, State};

/// All instances known here, our own included. Clones share what they have in common.
#[derive(Clone)]
pub(crate) struct Directory {
    entries: OrdMap<Instance, Entry>,
    by_name: OrdMap<Arc<str>, BTreeSet<Instance>>,
    touched: BTreeSet<String>,
    published: OrdMap<Arc<str>, Arc<Member>>,
    /// Losers of name conflicts that were reported.
    hidden: BTreeSet<Instance>,
    early: BTreeMap<Instance, intents::Early>,
    tombstone: Duration,
    reconnect: Duration,
    capacity: usize,
}

impl Directory {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            entries: OrdMap::new(),
            by_name: OrdMap::new(),
            touched: BTreeSet::new(),
            published: OrdMap::new(),
            hidden: BTreeSet::new(),
            early: BTreeMap::new(),
            tombstone: config.tombstone_timeout,
            reconnect: config.reconnect_timeout,
            capacity: config.max_members.max(1),
        }
    }

    /// The member list, by name.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.published.values().map(Arc::as_ref)
    }

    /// The listed member of that name.
    pub(crate) fn listed(&self, name: &str) -> Option<&Member> {
        self.published.get(name).map(Arc::as_ref)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Instance, &Entry)> {
        self.entries.iter()
    }

    pub(crate) fn get(&self, instance: Instance) -> Option<&Entry> {
        self.entries.get(&instance)
    }

    /// The latest instance seen at `addr`.
    pub(crate) fn latest_at(&self, addr: SocketAddr) -> Option<Instance> {
        let range = Instance { addr, generation: 0 }..=Instance { addr, generation: u64::MAX };
        self.entries.range(range).next_back().map(|(instance, _)| *instance)
    }

    /// True for this very identity: not for an earlier one of the same process.
    pub(crate) fn is_live(&self, identity: Identity) -> bool {
        self.entries.get(&identity.instance).is_some_and(|entry| entry.state.is_live() && entry.renewal == identity.renewal)
    }

    /// True when no further instance is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= self.capacity
    }

    /// The details of `instance`, if they are held.
    pub(crate) fn details(&self, instance: Instance) -> Option<&Details> {
        self.entries.get(&instance)?.details.as_deref()
    }

    /// An instance is reachable.
    pub(crate) fn up(&mut self, now: Duration, identity: Identity) {
        let known = self.entries.contains_key(&identity.instance);
        if self.is_live(identity) || !known && self.is_full() {
            return;
        }
        self.entries.entry(identity.instance).or_insert_with(|| Entry::new(now, identity.renewal));
        self.change(now, identity.instance, |entry| {
            entry.renew(identity.renewal);
            if !entry.state.is_live() {
                entry.state = if entry.leaves { State::Leaving } else { State::Alive };
            }
        });
        self.recall(now, identity.instance);
    }

    /// An instance is down: left if it said so before.
    pub(crate) fn down(&mut self, now: Duration, identity: Identity) {
        self.change(now, identity.instance, |entry| {
            entry.renew(identity.renewal);
            entry.state = entry.state.down();
            entry.settle();
        });
        // Nobody will learn its name any more, so its predecessor is not going to be replaced by it.
        if self.get(identity.instance).is_some_and(|entry| entry.details.is_none()) {
            self.fail_replaced(now, identity.instance);
        }
    }

    /// Another identity holds the address of `old`.
    pub(crate) fn replace(&mut self, now: Duration, old: Identity, new: Identity) {
        if old.instance == new.instance {
            self.change(now, new.instance, |entry| entry.renew(new.renewal));
            return;
        }
        // The old entry keeps standing for its name until the new one's name is known: a quick restart is one update.
        let was_live = self.get(old.instance).is_some_and(|entry| entry.state.is_live());
        self.change(now, old.instance, |entry| entry.replaced = true);
        if !self.entries.contains_key(&new.instance) {
            self.up(now, new);
        }
        if !was_live {
            self.change(now, new.instance, |entry| {
                entry.state = entry.state.down();
                entry.settle();
            });
        }
    }

    /// Somewhere this identity counts as down. True if that was not known here.
    pub(crate) fn undead(&mut self, identity: Identity) -> bool {
        if !self.is_live(identity) {
            return false;
        }
        let Some(entry) = self.entries.get_mut(&identity.instance) else { return false };
        entry.undead.replace(identity.renewal) != Some(identity.renewal)
    }

    /// Instances known under `name`, whatever their state.
    pub(crate) fn named(&self, name: &str) -> Vec<Instance> {
        self.by_name.get(name).map(|instances| instances.iter().copied().collect()).unwrap_or_default()
    }

    /// Takes over an instance that another member knows to be down, for `down_for` already.
    pub(crate) fn learn_down(&mut self, now: Duration, identity: Identity, state: State, down_for: Duration) {
        let left = self.memory(state).saturating_sub(down_for);
        if self.is_full() || left.is_zero() || self.latest_at(identity.instance.addr) > Some(identity.instance) {
            return;
        }
        let entry = Entry { state, reap_at: Some(now + left), ..Entry::new(now, identity.renewal) };
        self.entries.entry(identity.instance).or_insert(entry);
    }

    /// Takes newer details. True if they were.
    pub(crate) fn learn_details(&mut self, now: Duration, instance: Instance, details: Details) -> bool {
        let Some(entry) = self.entries.get_mut(&instance) else { return false };
        if entry.version() >= details.version {
            return false;
        }
        let name = details.name.clone();
        if let Some(before) = entry.details.replace(Arc::new(details)) {
            self.unname(instance, &before.name);
        }
        self.touched.insert(name.clone());
        self.by_name.entry(name.as_str().into()).or_default().insert(instance);
        self.drop_predecessors(now, instance, &name);
        true
    }

    /// How long ago a down instance went down, in seconds.
    pub(crate) fn down_for(&self, now: Duration, entry: &Entry) -> u32 {
        let Some(reap_at) = entry.reap_at else { return 0 };
        let remaining = reap_at.saturating_sub(now);
        let gone = self.memory(entry.state).saturating_sub(remaining);
        u32::try_from(gone.as_secs()).unwrap_or(u32::MAX)
    }

    /// Forgets who was down for long enough.
    pub(crate) fn reap(&mut self, now: Duration) -> Vec<Instance> {
        self.forget_early(now);
        let due = |entry: &Entry| entry.reap_at.is_some_and(|at| at <= now);
        let gone: Vec<Instance> = self.entries.iter().filter(|(_, entry)| due(entry)).map(|(instance, _)| *instance).collect();
        for instance in &gone {
            self.remove(*instance);
        }
        gone
    }

    /// Failed instances, candidates for a reconnect.
    pub(crate) fn failed(&self) -> impl Iterator<Item = Instance> {
        let failed = |entry: &&Entry| entry.state == State::Failed && !entry.replaced;
        self.entries.iter().filter(move |(_, entry)| failed(entry)).map(|(instance, _)| *instance)
    }

    /// What has changed for applications since the last call.
    pub(crate) fn publish(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for name in std::mem::take(&mut self.touched) {
            self.publish_name(name, &mut events);
        }
        events
    }

    fn memory(&self, state: State) -> Duration {
        match state {
            State::Failed => self.reconnect,
            State::Alive | State::Leaving | State::Left | State::Pruned => self.tombstone,
        }
    }

    /// The one place where an entry's state changes: keeps dates and touched names in step.
    fn change(&mut self, now: Duration, instance: Instance, with: impl FnOnce(&mut Entry)) {
        let (tombstone, reconnect) = (self.tombstone, self.reconnect);
        let Some(entry) = self.entries.get_mut(&instance) else { return };
        let was = entry.state;
        with(entry);
        if entry.state != was {
            entry.since = now;
            entry.reap_at = match entry.state {
                State::Alive | State::Leaving => None,
                State::Failed => Some(now + reconnect),
                State::Left | State::Pruned => Some(now + tombstone),
            };
        }
        if let Some(details) = &entry.details {
            self.touched.insert(details.name.clone());
        }
    }

    fn remove(&mut self, instance: Instance) {
        let Some(entry) = self.entries.remove(&instance) else { return };
        self.hidden.remove(&instance);
        if let Some(details) = entry.details {
            self.unname(instance, &details.name);
        }
    }
}

#[cfg(test)]
mod tests;
