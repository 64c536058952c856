//! Who waits for what. A slot exists for each topic that somebody waits on, or that an encoded answer was made from.

use parking_lot::Mutex;
use state::{Topic, Touch};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// The slots in use.
#[derive(Default)]
pub struct Topics {
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    by_topic: HashMap<Topic, Arc<Slot>>,
    /// How many slots there are for prefixes of each length: a changed key is looked up under these lengths only.
    prefix_lengths: BTreeMap<usize, usize>,
}

struct Slot {
    topic: Topic,
    version: AtomicU64,
    changed: Notify,
    /// Registrations; guarded by the lock of `Slots`.
    users: AtomicU64,
}

/// A hold on one topic's slot. While it lives, no change of the topic goes unnoticed.
pub struct Registration {
    slot: Arc<Slot>,
    topics: Arc<Topics>,
}

impl Registration {
    /// What it is a hold on.
    #[must_use]
    pub fn topic(&self) -> &Topic {
        &self.slot.topic
    }

    /// Itself, and the version that the topic has now.
    pub(crate) fn with_version(self) -> (Self, u64) {
        let version = self.version();
        (self, version)
    }

    /// Counts the changes of the topic.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.slot.version.load(Ordering::Acquire)
    }

    /// Resolves when the topic has changed since it had this version.
    pub async fn changed_since(&self, version: u64) {
        loop {
            let mut next = std::pin::pin!(self.slot.changed.notified());
            // Waiting begins before the comparison, so a change between the two is not missed.
            next.as_mut().enable();
            if self.version() != version {
                return;
            }
            next.await;
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut slots = self.topics.slots.lock();
        if self.slot.users.fetch_sub(1, Ordering::Relaxed) == 1 {
            slots.by_topic.remove(&self.slot.topic);
            if let Topic::Prefix(prefix) = &self.slot.topic
                && let Some(count) = slots.prefix_lengths.get_mut(&prefix.len())
            {
                *count -= 1;
                if *count == 0 {
                    slots.prefix_lengths.remove(&prefix.len());
                }
            }
        }
    }
}

impl Topics {
    /// Takes hold of a topic's slot.
    pub fn register(self: &Arc<Self>, topic: &Topic) -> Registration {
        let mut slots = self.slots.lock();
        if let Some(slot) = slots.by_topic.get(topic) {
            slot.users.fetch_add(1, Ordering::Relaxed);
            return Registration { slot: Arc::clone(slot), topics: Arc::clone(self) };
        }
        let slot = Slot { topic: topic.clone(), version: AtomicU64::new(0), changed: Notify::new(), users: AtomicU64::new(1) };
        let slot = Arc::new(slot);
        slots.by_topic.insert(topic.clone(), Arc::clone(&slot));
        if let Topic::Prefix(prefix) = topic {
            *slots.prefix_lengths.entry(prefix.len()).or_default() += 1;
        }
        Registration { slot, topics: Arc::clone(self) }
    }

    /// Counts a change on every slot that `touched` concerns, then wakes who waits there. The snapshot must be published before.
    pub(crate) fn touch(&self, touched: &[Touch]) {
        let changed = {
            let slots = self.slots.lock();
            let mut changed = Vec::new();
            for touch in touched {
                slots.concerned(touch, &mut changed);
            }
            // Bumped under the lock, so that a registration sees either the version of before or all of the change.
            for slot in &changed {
                slot.version.fetch_add(1, Ordering::Release);
            }
            changed
        };
        for slot in changed {
            slot.changed.notify_waiters();
        }
    }

    /// How many slots are in use: a gauge.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.lock().by_topic.len()
    }

    /// Whether nobody waits for anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Slots {
    fn concerned(&self, touch: &Touch, changed: &mut Vec<Arc<Slot>>) {
        match touch {
            Touch::Everything => changed.extend(self.by_topic.values().cloned()),
            Touch::Topic(topic) => changed.extend(self.by_topic.get(topic).cloned()),
            Touch::Key(key) => {
                changed.extend(self.by_topic.get(&Topic::Key(Arc::clone(key))).cloned());
                for length in self.prefix_lengths.keys().take_while(|length| **length <= key.len()) {
                    if let Some(prefix) = key.get(..*length) {
                        changed.extend(self.by_topic.get(&Topic::Prefix(prefix.into())).cloned());
                    }
                }
            }
        }
    }
}
