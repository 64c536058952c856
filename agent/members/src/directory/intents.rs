//! Intents to leave, by the member itself or by an operator who gives up on it, in whatever order they and its comings and goings are heard.
//!
//! What Serf orders by Lamport times is ordered here by the identity an intent is about, which the member itself counts up: a leave belongs
//! to one run of the process, which never comes back, and giving up to one identity, which is void once the member is there under the next.
//! An intent that comes before what it is about waits for it.

use std::time::Duration;

use super::{Directory, Entry, State};
use crate::identity::{Identity, Instance};

/// Instances of which nothing but an intent is known, at most; further intents are lost, as a packet may be.
const EARLY_MAX: usize = 512;
/// How long such an intent is kept: what it is about is gossiped within seconds, and exchanged within minutes.
const EARLY_KEPT: Duration = Duration::from_secs(600);

/// An intent about an instance that is not known yet.
#[derive(Clone)]
pub(super) struct Early {
    heard: Duration,
    leaves: bool,
    given_up: Option<GivenUp>,
}

/// Somebody gave up on this identity of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GivenUp {
    pub(super) renewal: u16,
    pub(super) prune: bool,
}

impl Directory {
    /// The instance says that it is about to leave, or did. True if that was news.
    pub(crate) fn leaving(&mut self, now: Duration, instance: Instance) -> bool {
        let news = match self.get(instance) {
            Some(entry) => !entry.leaves,
            None => return self.early(now, instance).is_some_and(|early| !std::mem::replace(&mut early.leaves, true)),
        };
        self.change(now, instance, Entry::leave);
        news
    }

    /// An operator here gives up on a failed instance. True if that changed it; a live one is not touched.
    pub(crate) fn force_leave(&mut self, now: Duration, instance: Instance, prune: bool) -> bool {
        let next = match (self.get(instance).map(|entry| entry.state), prune) {
            (Some(State::Failed), false) => State::Left,
            (Some(State::Failed | State::Left), true) => State::Pruned,
            _ => return false,
        };
        self.change(now, instance, |entry| entry.state = next);
        true
    }

    /// Somebody elsewhere gave up on this identity. If it is not down here yet, that is what it comes to when it is. True if that was news.
    pub(crate) fn give_up(&mut self, now: Duration, identity: Identity, prune: bool) -> bool {
        let intent = GivenUp { renewal: identity.renewal, prune };
        let Some(entry) = self.entries.get_mut(&identity.instance) else {
            return self.early(now, identity.instance).is_some_and(|early| intent.replaces(&mut early.given_up));
        };
        if identity.renewal < entry.renewal {
            return false;
        }
        if identity.renewal == entry.renewal && !entry.state.is_live() {
            return self.force_leave(now, identity.instance, prune);
        }
        intent.replaces(&mut entry.given_up)
    }

    /// What was heard of an instance before it itself was.
    pub(super) fn recall(&mut self, now: Duration, instance: Instance) {
        let Some(early) = self.early.remove(&instance) else { return };
        self.change(now, instance, |entry| {
            entry.given_up = early.given_up;
            if early.leaves {
                entry.leave();
            }
        });
    }

    pub(super) fn forget_early(&mut self, now: Duration) {
        self.early.retain(|_, early| early.heard + EARLY_KEPT > now);
    }

    /// Nothing is kept of an instance whose address belongs to a later one.
    fn early(&mut self, now: Duration, instance: Instance) -> Option<&mut Early> {
        let outdated = self.latest_at(instance.addr) > Some(instance);
        let full = self.early.len() >= EARLY_MAX && !self.early.contains_key(&instance);
        if outdated || full {
            return None;
        }
        Some(self.early.entry(instance).or_insert(Early { heard: now, leaves: false, given_up: None }))
    }
}

impl GivenUp {
    /// True if it says more than `known`, which it is then.
    fn replaces(self, known: &mut Option<Self>) -> bool {
        let more = known.is_none_or(|known| (self.renewal, self.prune) > (known.renewal, known.prune));
        if more {
            *known = Some(self);
        }
        more
    }
}
