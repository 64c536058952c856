//! One question, and the answer kept to it.

use super::KEPT_FOR;
use crate::question::Question;
use api::{Answer, CachePolicy, Caching, Call, Consistency, Error, Freshness, Trace, Wait};
use parking_lot::Mutex;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A question and the answer kept to it.
pub(super) struct Entry {
    pub(super) question: Question,
    /// Held by whoever asks upstream for a caller.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// What is asked to keep it current: part of no trace.
    call: Call,
    held: watch::Sender<Held>,
    asked: Mutex<Asked>,
}

#[derive(Clone, Copy)]
struct Asked {
    last: Instant,
    /// All who asked take what any server says: it need not be the leader that keeps it current. How stale one of them will have it is
    /// nothing that the others go by.
    of_any: bool,
}

#[derive(Clone, Default)]
struct Held {
    answer: Option<Answer>,
    /// When it was last known to be true, unless something tells as soon as it is not.
    since: Option<Instant>,
    refreshed: bool,
    /// It made room for another, and is not refreshed any more.
    dropped: bool,
}

impl Held {
    fn age(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn hit(&self) -> Option<(Answer, Freshness)> {
        Some((self.answer.clone()?, Freshness::Hit { age: self.age() }))
    }
}

impl Entry {
    /// Of a call that does not wait.
    pub(super) fn new(question: Question, call: &Call) -> Self {
        Self {
            question,
            turn: tokio::sync::Mutex::default(),
            call: Call { trace: Trace::default(), ..call.clone() },
            held: watch::Sender::default(),
            asked: Mutex::new(Asked { last: Instant::now(), of_any: takes_any(call) }),
        }
    }

    /// Name of the operation.
    pub(super) fn op(&self) -> &'static str {
        self.call.op.name()
    }

    /// Somebody asks for it.
    pub(super) fn touch(&self, call: &Call) {
        let mut asked = self.asked.lock();
        *asked = Asked { last: Instant::now(), of_any: asked.of_any && takes_any(call) };
    }

    /// Since when nobody has.
    pub(super) fn idle(&self) -> Duration {
        self.asked.lock().last.elapsed()
    }

    /// What is kept, if the caller takes it.
    pub(super) fn kept(&self, caching: Caching, policy: CachePolicy) -> Option<(Answer, Freshness)> {
        let held = self.held.borrow();
        let good = match caching {
            Caching::Refreshed => held.refreshed && !held.dropped,
            Caching::AsItCame => held.age() < policy.max_age.unwrap_or(KEPT_FOR),
        };
        held.hit().filter(|_| good)
    }

    /// An answer that came since; of two callers who find nothing, one asks.
    pub(super) fn answered_since(&self, asked_at: Instant) -> Option<Answer> {
        let held = self.held.borrow();
        let is_news = held.refreshed || held.since.is_some_and(|since| since >= asked_at);
        held.answer.clone().filter(|_| is_news)
    }

    pub(super) fn is_refreshed(&self) -> bool {
        self.held.borrow().refreshed
    }

    /// What is kept in the place of an error, if the caller takes something that old.
    pub(super) fn in_place_of(&self, error: Error, policy: CachePolicy) -> Result<(Answer, Freshness), Error> {
        let held = self.held.borrow();
        held.hit().filter(|_| held.age() < policy.stale_if_error).ok_or(error)
    }

    /// Keeps an answer that has just come.
    pub(super) fn hold(&self, answer: Answer, refreshed: bool) {
        self.held.send_modify(|held| {
            (held.answer, held.refreshed) = (Some(answer), refreshed);
            held.since = (!refreshed).then(Instant::now);
        });
    }

    /// The read that keeps it current: one that waits for a change, or, when nothing would tell of one, a look.
    pub(super) fn next_call(&self, limit: Duration) -> Call {
        let held = self.held.borrow();
        let index = held.answer.as_ref().filter(|_| held.since.is_none()).map(|answer| answer.meta.index.max(1));
        let wait = index.map(|index| Wait { index, limit });
        let time_left = self.call.time_left + wait.map_or(Duration::ZERO, |wait| wait.limit);
        let consistency = if self.asked.lock().of_any { Consistency::Stale { max: None } } else { self.question.consistency() };
        Call { wait, time_left, consistency, ..self.call.clone() }
    }

    /// What is kept may have changed since, and nobody would have told.
    pub(super) fn lost_touch(&self, since: Instant) {
        self.held.send_modify(|held| held.since = held.since.or(Some(since)));
    }

    /// What is kept once its index is greater; nothing as soon as it is not kept current.
    pub(super) async fn newer_than(&self, index: u64) -> Option<(Answer, Freshness)> {
        let mut held = self.held.subscribe();
        let is_newer = |held: &Held| held.answer.as_ref().is_some_and(|answer| answer.meta.index > index);
        let held = held.wait_for(|held| is_newer(held) || held.dropped || !held.refreshed).await.ok()?;
        held.hit().filter(|_| is_newer(&held))
    }

    /// It makes room for another.
    pub(super) fn drop_it(&self) {
        self.held.send_modify(|held| held.dropped = true);
    }

    /// Resolves when it has.
    pub(super) async fn dropped(&self) {
        let mut held = self.held.subscribe();
        // The sender is borrowed here, so that this cannot fail.
        let _ = held.wait_for(|held| held.dropped).await;
    }
}

fn takes_any(call: &Call) -> bool {
    matches!(call.consistency, Consistency::Stale { .. })
}
