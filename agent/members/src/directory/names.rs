//! Which instance a name stands for, and what changed about it.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use super::{Directory, Entry, State};
use crate::{Event, Instance, Member};

impl Directory {
    pub(super) fn publish_name(&mut self, name: String, events: &mut Vec<Event>) {
        let after = self.winner(&name);
        if let Some(kept) = &after {
            self.report_hidden(kept, events);
        }
        let before = match after.clone() {
            Some(member) => self.published.insert(name.into(), Arc::new(member)),
            None => self.published.remove(name.as_str()),
        };
        events.extend(event(before.as_deref(), after));
    }

    /// The older live instance wins a name, else the latest.
    fn winner(&self, name: &str) -> Option<Member> {
        let listed = self.by_name.get(name)?.iter().filter_map(|instance| self.member(*instance));
        listed.min_by_key(|member| {
            let age = if member.status.is_live() { Ok(member.generation) } else { Err(Reverse(member.generation)) };
            // `Ok` sorts before `Err`: the live first.
            (age, member.addr)
        })
    }

    /// Other live instances of the name, once each.
    fn report_hidden(&mut self, kept: &Member, events: &mut Vec<Event>) {
        let kept_at = Instance { addr: kept.addr, generation: kept.generation };
        self.hidden.remove(&kept_at);
        let Some(instances) = self.by_name.get(kept.name.as_str()) else { return };
        for instance in instances {
            let Some(hidden) = self.member(*instance) else { continue };
            let rival = *instance != kept_at && hidden.status.is_live() && !self.is_replaced(*instance);
            if rival && self.hidden.insert(*instance) {
                events.push(Event::Conflict { kept: kept.clone(), hidden });
            }
        }
    }

    fn is_replaced(&self, instance: Instance) -> bool {
        self.get(instance).is_some_and(|entry| entry.replaced)
    }

    fn member(&self, instance: Instance) -> Option<Member> {
        let entry = self.entries.get(&instance)?;
        let details = entry.details.as_ref()?;
        Some(Member {
            name: details.name.clone(),
            addr: instance.addr,
            status: entry.state.listed()?,
            generation: instance.generation,
            tags: details.tags.clone(),
            spki: details.spki.clone(),
            since: entry.since,
        })
    }

    /// `instance` is known to be called `name` now: what was called so before and is down, or had this address, is history.
    pub(super) fn drop_predecessors(&mut self, now: Duration, instance: Instance, name: &str) {
        if !self.get(instance).is_some_and(|entry| entry.state.is_live()) {
            return;
        }
        let namesakes = self.by_name.get(name).cloned().unwrap_or_default();
        for other in namesakes.into_iter().filter(|other| *other != instance) {
            let outdated = |entry: &Entry| entry.replaced || (!entry.state.is_live() && other.generation <= instance.generation);
            if other.addr == instance.addr && self.get(other).is_some_and(|entry| entry.replaced) {
                self.remove(other);
            } else if self.get(other).is_some_and(outdated) {
                // Remembered, so that a member who has not heard does not bring it back.
                self.change(now, other, |entry| entry.state = State::Pruned);
            }
        }
        self.fail_replaced(now, instance);
    }

    /// Instances that had this address under another name are gone.
    pub(super) fn fail_replaced(&mut self, now: Duration, instance: Instance) {
        let range = Instance { generation: 0, ..instance }..instance;
        let replaced: Vec<Instance> =
            self.entries.range(range).filter(|(_, entry)| entry.replaced && entry.state.is_live()).map(|(other, _)| *other).collect();
        for other in replaced {
            self.change(now, other, |entry| entry.state = entry.state.down());
        }
    }

    pub(super) fn unname(&mut self, instance: Instance, name: &str) {
        self.touched.insert(name.to_owned());
        if let Some(instances) = self.by_name.get_mut(name) {
            instances.remove(&instance);
            if instances.is_empty() {
                self.by_name.remove(name);
            }
        }
    }
}

fn event(before: Option<&Member>, after: Option<Member>) -> Option<Event> {
    use crate::Status::{Failed, Left};
    match (before, after) {
        (None, None) => None,
        (Some(before), None) => Some(Event::Reaped(before.clone())),
        (before, Some(after)) => {
            let was = before.map(|member| member.status);
            Some(match after.status {
                Left if was != Some(Left) => Event::Left(after),
                Failed if was != Some(Failed) => Event::Failed(after),
                status if status.is_live() && !was.is_some_and(crate::Status::is_live) => Event::Joined(after),
                _ if before != Some(&after) => Event::Updated(after),
                _ => return None,
            })
        }
    }
}
