//! What each gossip item means.

use std::sync::Arc;
use std::time::Duration;

use super::Members;
use crate::identity::Identity;
use crate::wire::Item;
use crate::{Effect, UserEvent};

impl Members {
    /// Applies an item. True if it was news, and is to be passed on: what changes nothing here dies out here.
    pub(super) fn handle_item(&mut self, now: Duration, item: Item) -> bool {
        match item {
            // About ourselves only we know; being alive refutes it.
            Item::Leave(instance) | Item::ForceLeave { instance, .. } | Item::Details { instance, .. }
                if instance == self.identity.instance =>
            {
                false
            }
            Item::Leave(instance) => self.directory.leaving(now, instance),
            Item::ForceLeave { instance, prune, renewal: Some(renewal) } => {
                self.directory.give_up(now, Identity { instance, renewal }, prune)
            }
            Item::ForceLeave { instance, prune, renewal: None } => self.directory.force_leave(now, instance, prune),
            Item::Details { instance, version } => {
                if self.directory.get(instance).is_some_and(|entry| entry.version() < version) {
                    self.want(now, instance, version);
                }
                // Passed on when the details are held, so that whoever hears it can ask the teller.
                false
            }
            Item::Accusation { target, incarnation, from, evidence } => self.hear_accusation(now, target, incarnation, (from, evidence)),
            Item::Undead(identity) if identity == self.identity => {
                self.renew(now);
                false
            }
            Item::Undead(identity) => self.directory.undead(identity),
            Item::UserEvent(event) => self.hear_user_event(now, &event),
        }
    }

    /// Delivers an event unless it was, or is too old. True if it was news.
    pub(super) fn hear_user_event(&mut self, now: Duration, event: &Arc<UserEvent>) -> bool {
        let news = self.happenings.handle(now, event);
        if news {
            self.effects.push_back(Effect::UserEvent(Arc::clone(event)));
        }
        news
    }
}
