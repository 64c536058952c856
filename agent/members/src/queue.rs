//! Gossip items waiting to be sent, least sent first.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::identity::Identity;
use crate::wire::{ITEM_ROOM, Item, ItemKey};

/// Items kept at most; the most sent one gives way.
const CAPACITY: usize = 4096;

/// The queue of items to piggyback on packets. A newer item replaces the one with the same key.
#[derive(Default)]
pub(crate) struct ItemQueue {
    items: BTreeMap<ItemKey, Queued>,
    order: BTreeSet<(u32, u64, ItemKey)>,
    sequence: u64,
    /// How many do not fit into the room that is always kept for items.
    large: usize,
}

struct Queued {
    item: Item,
    sent: u32,
    sequence: u64,
}

impl ItemQueue {
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether there are items that packets full of updates never take along.
    pub(crate) fn has_large(&self) -> bool {
        self.large > 0
    }

    pub(crate) fn push(&mut self, item: Item) {
        let key = item.key();
        self.remove(key);
        if self.items.len() >= CAPACITY
            && let Some((_, _, most_sent)) = self.order.last().copied()
        {
            self.remove(most_sent);
        }
        self.sequence += 1;
        self.large += usize::from(is_large(&item));
        self.order.insert((0, self.sequence, key));
        self.items.insert(key, Queued { item, sent: 0, sequence: self.sequence });
    }

    /// Takes what fits into `room` bytes (as the envelope counts them); an item leaves the queue after `limit` times.
    pub(crate) fn fill(&mut self, mut room: usize, limit: u32) -> Vec<Item> {
        let mut taken = Vec::new();
        for (_, _, key) in &self.order {
            let Some(queued) = self.items.get(key) else { continue };
            let size = queued.item.section_len();
            if size > room {
                // What is large waits for a packet of its own; the others do not wait for it.
                if is_large(&queued.item) {
                    continue;
                }
                break;
            }
            room -= size;
            taken.push(queued.item.clone());
        }
        for item in &taken {
            self.count(item.key(), limit);
        }
        taken
    }

    /// Takes back the accusations of `target` that it has refuted under `incarnation`.
    pub(crate) fn acquit(&mut self, target: Identity, incarnation: u16) {
        let of_target = |key: &&ItemKey| matches!(key, ItemKey::Accusation(instance, _) if *instance == target.instance);
        let refuted = |key: &&ItemKey| match self.items.get(*key).map(|queued| &queued.item) {
            Some(Item::Accusation { target: accused, incarnation: before, .. }) => *accused == target && *before < incarnation,
            _ => false,
        };
        let first = ItemKey::Accusation(target.instance, SocketAddr::from(([0, 0, 0, 0], 0)));
        let keys = self.items.range(first..).map(|(key, _)| key).take_while(of_target);
        let gone: Vec<ItemKey> = keys.filter(refuted).copied().collect();
        gone.into_iter().for_each(|key| self.remove(key));
    }

    fn count(&mut self, key: ItemKey, limit: u32) {
        let Some(queued) = self.items.get_mut(&key) else { return };
        self.order.remove(&(queued.sent, queued.sequence, key));
        queued.sent += 1;
        if queued.sent >= limit {
            self.large -= usize::from(is_large(&queued.item));
            self.items.remove(&key);
        } else {
            self.order.insert((queued.sent, queued.sequence, key));
        }
    }

    fn remove(&mut self, key: ItemKey) {
        if let Some(queued) = self.items.remove(&key) {
            self.large -= usize::from(is_large(&queued.item));
            self.order.remove(&(queued.sent, queued.sequence, key));
        }
    }
}

fn is_large(item: &Item) -> bool {
    item.section_len() > ITEM_ROOM
}
