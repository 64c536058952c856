//! What an operator or the configuration asks for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand::RngExt;

use super::{Left, Members, Phase};
use crate::details::Details;
use crate::directory::State;
use crate::effect::Kind;
use crate::wire::Item;
use crate::{DetailsError, Effect, FireError, GossipKey, Purpose, USER_EVENT_MAX, UserEvent};

impl Members {
    /// Joins the pool of whoever is at `addr`, by a push/pull with [`Purpose::Join`].
    /// It has worked when [`handle_stream_reply`](Self::handle_stream_reply) accepts the reply.
    ///
    /// # Errors
    /// [`Left`] after [`leave`](Self::leave).
    pub fn join(&mut self, now: Duration, addr: SocketAddr) -> Result<(), Left> {
        self.clock = now;
        if self.phase != Phase::Running {
            return Err(Left);
        }
        self.push_pull(now, addr, Purpose::Join);
        Ok(())
    }

    /// Fires a user event, here and at every other member.
    ///
    /// # Errors
    /// [`FireError`]; nothing was sent.
    pub fn fire(&mut self, now: Duration, name: &str, payload: Bytes) -> Result<Arc<UserEvent>, FireError> {
        self.clock = now;
        if self.phase != Phase::Running {
            return Err(Left.into());
        }
        if name.len() + payload.len() > USER_EVENT_MAX {
            return Err(FireError::TooLong);
        }
        let event = self.happenings.fire(now, self.rng.random(), name.to_owned(), payload);
        self.effects.push_back(Effect::UserEvent(Arc::clone(&event)));
        self.items.push(Item::UserEvent(Arc::clone(&event)));
        self.publish();
        Ok(event)
    }

    /// Leaves: first the intent is gossiped, then the leave itself. [`Effect::Left`](crate::Effect::Left) ends it.
    /// Leaving twice is leaving once.
    pub fn leave(&mut self, now: Duration) {
        self.clock = now;
        if self.phase != Phase::Running {
            return;
        }
        self.phase = Phase::Leaving;
        self.directory.leaving(now, self.identity.instance);
        self.items.push(Item::Leave(self.identity.instance));
        let alone = self.swim.num_members() == 0;
        let delay = if alone { Duration::ZERO } else { self.config.leave_delay };
        self.after(delay, Kind::Leave { step: 0 });
        self.publish();
    }

    /// Turns the failed member `name` into one that left; with `prune` also forgets it, and one that left.
    /// A live member stays as it is. Returns false if nobody is known by that name.
    pub fn force_leave(&mut self, now: Duration, name: &str, prune: bool) -> bool {
        self.clock = now;
        let instances = self.directory.named(name);
        let known = instances.iter().filter_map(|instance| self.directory.get(*instance)).any(|entry| entry.state != State::Pruned);
        for instance in instances {
            if self.directory.force_leave(now, instance, prune) {
                let renewal = self.directory.get(instance).map(|entry| entry.renewal);
                self.items.push(Item::ForceLeave { instance, prune, renewal });
            }
        }
        self.publish();
        known
    }

    /// Replaces our tags.
    ///
    /// # Errors
    /// [`DetailsError`] if there are too many or too long ones; the old ones stay.
    pub fn set_tags(&mut self, now: Duration, tags: BTreeMap<String, String>) -> Result<(), DetailsError> {
        self.clock = now;
        if tags == self.me.tags {
            return Ok(());
        }
        let version = self.details.version.saturating_add(1);
        let details = Details::new(version, self.me.name.clone(), tags.clone(), self.me.spki.clone())?;
        self.me.tags = tags;
        self.details = details.clone();
        self.directory.learn_details(now, self.identity.instance, details);
        self.items.push(Item::Details { instance: self.identity.instance, version });
        self.publish();
        Ok(())
    }

    /// The installed gossip keys, the one in use first. Empty: not encrypted.
    #[must_use]
    pub fn keys(&self) -> &[GossipKey] {
        self.sealer.keyring.keys()
    }
}
