//! All that is kept, and who makes room.

use super::entry::Entry;
use crate::question::Question;
use api::Call;
use std::collections::HashMap;
use std::sync::Arc;

/// Questions whose answers are kept.
pub(super) const MOST: usize = 1024;
/// Bytes of all questions and answers.
const BYTES: usize = 128 * 1024 * 1024;

/// Entries by their questions. The one asked for longest ago makes room when there are too many, or they hold too much.
#[derive(Default)]
pub(super) struct Entries {
    by_question: HashMap<Question, Weighed>,
    bytes: usize,
}

struct Weighed {
    entry: Arc<Entry>,
    bytes: usize,
}

impl Entries {
    /// The entry of a call that does not wait, which counts as asked for.
    pub(super) fn of(&mut self, call: &Call) -> Arc<Entry> {
        let question = Question::kept(call);
        if let Some(Weighed { entry, .. }) = self.by_question.get(&question) {
            entry.touch(call);
            return Arc::clone(entry);
        }
        if self.by_question.len() >= MOST {
            self.drop_oldest(None);
        }
        let entry = Arc::new(Entry::new(question.clone(), call));
        self.by_question.insert(question, Weighed { entry: Arc::clone(&entry), bytes: 0 });
        self.weigh(&entry, 0);
        entry
    }

    /// Notes what the answer of `entry` weighs now. Others make room for it.
    pub(super) fn weigh(&mut self, entry: &Entry, answer: usize) {
        let Some(weighed) = self.by_question.get_mut(&entry.question).filter(|weighed| weighed.is(entry)) else { return };
        let bytes = entry.question.weight().saturating_add(answer);
        self.bytes = (self.bytes - weighed.bytes).saturating_add(bytes);
        weighed.bytes = bytes;
        while self.bytes > BYTES && self.drop_oldest(Some(entry)) {}
    }

    pub(super) fn forget(&mut self, entry: &Entry) {
        if self.by_question.get(&entry.question).is_some_and(|weighed| weighed.is(entry)) {
            self.remove(&entry.question);
        }
    }

    /// Whether there was one besides `but`.
    fn drop_oldest(&mut self, but: Option<&Entry>) -> bool {
        let others = self.by_question.values().filter(|weighed| !but.is_some_and(|entry| weighed.is(entry)));
        let Some(oldest) = others.max_by_key(|weighed| weighed.entry.idle()).map(|weighed| Arc::clone(&weighed.entry)) else {
            return false;
        };
        self.remove(&oldest.question);
        oldest.drop_it();
        true
    }

    fn remove(&mut self, question: &Question) {
        if let Some(weighed) = self.by_question.remove(question) {
            self.bytes -= weighed.bytes;
        }
    }
}

impl Weighed {
    fn is(&self, entry: &Entry) -> bool {
        std::ptr::eq(&raw const *self.entry, entry)
    }
}
