//! Answers kept encoded, shared by all who wait or ask again: evaluated and serialised once per change, not once per request.

use crate::Registration;
use api::Encoded;
use parking_lot::Mutex;
use state::{Authority, Seen};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Answers per generation. There are two, so twice as many are kept.
const ANSWERS: usize = 4096;
/// Bytes per generation.
const BYTES: usize = 32 * 1024 * 1024;

/// An answer and the versions of the topics it was made from.
pub(crate) struct Kept {
    pub(crate) reply: Encoded,
    pub(crate) seen: Seen,
    pub(crate) made_from: Vec<(Registration, u64)>,
}

impl Kept {
    /// Whether no topic changed since.
    pub(crate) fn is_current(&self) -> bool {
        self.made_from.iter().all(|(topic, version)| topic.version() == *version)
    }
}

/// What makes two questions the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) op: Vec<u8>,
    pub(crate) who: Authority,
}

/// Two generations: the older is dropped when the younger is full, and what is asked for again moves to the younger.
#[derive(Default)]
pub(crate) struct Cache {
    generations: Mutex<Generations>,
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Question, Arc<Kept>>,
    young_bytes: usize,
    old: HashMap<Question, Arc<Kept>>,
}

impl Cache {
    /// The answer to `question`, if it still holds.
    pub(crate) fn get(&self, question: &Question) -> Option<Arc<Kept>> {
        let found = {
            let mut generations = self.generations.lock();
            match generations.young.get(question) {
                Some(kept) => Some(Arc::clone(kept)),
                None => generations.old.remove_entry(question).map(|(question, kept)| generations.keep(question, kept)),
            }
        };
        let found = found.filter(|kept| kept.is_current());
        if found.is_some() { &self.hits } else { &self.misses }.fetch_add(1, Ordering::Relaxed);
        found
    }

    pub(crate) fn put(&self, question: Question, kept: Arc<Kept>) {
        // What is pushed out is dropped after the lock: its registrations take another one.
        let _pushed_out = {
            let mut generations = self.generations.lock();
            let full = generations.young.len() >= ANSWERS || generations.young_bytes >= BYTES;
            let pushed_out = full.then(|| generations.age());
            generations.keep(question, kept);
            pushed_out
        };
    }
}

impl Generations {
    fn keep(&mut self, question: Question, kept: Arc<Kept>) -> Arc<Kept> {
        let beside = question.op.len();
        self.young_bytes += kept.reply.weight() + beside;
        if let Some(replaced) = self.young.insert(question, Arc::clone(&kept)) {
            self.young_bytes = self.young_bytes.saturating_sub(replaced.reply.weight() + beside);
        }
        kept
    }

    fn age(&mut self) -> HashMap<Question, Arc<Kept>> {
        self.young_bytes = 0;
        std::mem::replace(&mut self.old, std::mem::take(&mut self.young))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Reply;
    use api::kv::Names;

    fn question(number: usize) -> Question {
        Question { op: number.to_be_bytes().into(), who: Authority::everything() }
    }

    fn kept(bytes: usize) -> Arc<Kept> {
        let reply = Encoded::new(Reply::KvKeys(Names { names: vec!["x".repeat(bytes)] }));
        Arc::new(Kept { reply, seen: Seen::default(), made_from: Vec::new() })
    }

    #[test]
    fn answers_that_nobody_has_rendered_yet_are_counted_as_well() {
        let cache = Cache::default();
        for number in 0..1_000 {
            cache.put(question(number), kept(100_000));
        }
        let there = (0..1_000).filter(|number| cache.get(&question(*number)).is_some()).count();
        assert!((10..=2 * BYTES / 100_000).contains(&there), "{there} of 100 kB each");
        assert!(cache.get(&question(999)).is_some());
    }

    #[test]
    fn an_answer_in_the_place_of_another_pushes_nothing_out() {
        let cache = Cache::default();
        cache.put(question(0), kept(1));
        for _ in 0..1_000 {
            cache.put(question(1), kept(100_000));
        }
        assert!(cache.get(&question(0)).is_some());
    }
}
