//! The agent's cache: answers kept for those who take one that was not asked for just now.
//!
//! There is one entry per question, whether asked with `?stale` or not, and one request upstream per entry at most: callers who find nothing wait for the one that asks.
//! Answers that can be watched are kept current by a blocking read each, from the first time they are asked for until nobody has asked
//! for three days. [`Dispatcher::keep_fresh`] runs these reads: without it, nothing is kept that has to be refreshed.

mod entries;
mod entry;

use crate::{Dispatcher, Log, Peers};
use api::{Answer, CachePolicy, Caching, Call, Error, Freshness, Wait};
use entries::Entries;
use entry::Entry;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long after the last caller (Consul's).
const KEPT_FOR: Duration = Duration::from_secs(72 * 3600);
/// How long a refreshing read waits for a change.
const WAIT: Duration = Duration::from_secs(300);
/// The least time between two changes taken, and the pause before the second try of a read that failed.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is kept, and the way to whoever refreshes it.
#[derive(Default)]
pub(crate) struct AgentCache {
    entries: Mutex<Entries>,
    refreshing: Mutex<Option<mpsc::Sender<Arc<Entry>>>>,
}

impl<L: Log, P: Peers> Dispatcher<L, P> {
    /// [`Dispatcher::call`] for a caller who takes a kept answer. Operations whose answers are not kept are asked.
    ///
    /// # Errors
    /// As [`Dispatcher::call`].
    pub async fn call_kept(&self, call: Call, policy: CachePolicy) -> Result<(Answer, Freshness), Error> {
        let how = call.consistency;
        let (mut answer, freshness) = self.kept_or_asked(call, policy).await?;
        // It may have been asked for in another mode: each caller is told his own, as Consul does.
        answer.meta = answer.meta.served(how);
        Ok((answer, freshness))
    }

    async fn kept_or_asked(&self, mut call: Call, policy: CachePolicy) -> Result<(Answer, Freshness), Error> {
        let Some(caching) = call.op.caching() else {
            return self.call(call).await.map(|answer| (answer, Freshness::Miss));
        };
        if call.dc == self.map().here {
            call.dc = None;
        }
        let wait = call.wait.take().filter(|_| caching == Caching::Refreshed);
        let (asked_at, entry) = (Instant::now(), self.agent_cache.entry(&call));
        let (answer, freshness) = match entry.kept(caching, policy) {
            Some(kept) => kept,
            None => self.fetch(&call, caching, policy, &entry, asked_at).await?,
        };
        let Some(wait) = wait.filter(|wait| answer.meta.index <= wait.index) else { return Ok((answer, freshness)) };
        let place = self.admission.pass(true)?;
        match tokio::time::timeout(wait.limit, entry.newer_than(wait.index)).await {
            Ok(Some(newer)) => Ok(newer),
            Err(_) => Ok((answer, freshness)),
            // Nobody would tell of a change.
            Ok(None) => {
                drop(place);
                let waited = asked_at.elapsed();
                let wait = Wait { limit: wait.limit.saturating_sub(waited), ..wait };
                let call = Call { wait: Some(wait), time_left: call.time_left.saturating_sub(waited), ..call };
                self.call(call).await.map(|answer| (answer, Freshness::Miss))
            }
        }
    }

    async fn fetch(
        &self,
        call: &Call,
        caching: Caching,
        policy: CachePolicy,
        entry: &Arc<Entry>,
        asked_at: Instant,
    ) -> Result<(Answer, Freshness), Error> {
        let _turn = entry.turn.lock().await;
        if let Some(answer) = entry.answered_since(asked_at) {
            return Ok((answer, Freshness::Miss));
        }
        match self.call(call.clone()).await {
            Ok(answer) => {
                let refreshed = caching == Caching::Refreshed && (entry.is_refreshed() || self.agent_cache.begin_refresh(entry));
                self.agent_cache.hold(entry, answer.clone(), refreshed);
                Ok((answer, Freshness::Miss))
            }
            Err(error) => entry.in_place_of(error, policy),
        }
    }

    /// Keeps answers current until it is dropped. A process runs it once.
    pub async fn keep_fresh(&self) {
        let (begin, mut begun) = mpsc::channel(entries::MOST);
        *self.agent_cache.refreshing.lock() = Some(begin);
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                entry = begun.recv() => match entry {
                    Some(entry) => under_way.push(self.refresh(entry)),
                    None => return,
                },
                Some(()) = under_way.next() => {}
            }
        }
    }

    /// Keeps one answer current until nobody has asked for long, or it had to make room.
    async fn refresh(&self, entry: Arc<Entry>) {
        tokio::select! {
            () = entry.dropped() => {}
            () = self.follow(&entry) => self.agent_cache.forget(&entry),
        }
    }

    async fn follow(&self, entry: &Entry) {
        let mut pause = PAUSE;
        while entry.idle() < KEPT_FOR {
            let began = Instant::now();
            match self.call(entry.next_call(WAIT)).await {
                Ok(answer) => {
                    self.agent_cache.hold(entry, answer, true);
                    pause = PAUSE;
                    // What changes all the time is not followed step by step.
                    tokio::time::sleep_until(began + PAUSE).await;
                }
                Err(error) => {
                    tracing::debug!(op = entry.op(), %error, "an answer is not kept current");
                    entry.lost_touch(began);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }
}

impl AgentCache {
    /// The entry of a call that does not wait, which counts as asked for.
    fn entry(&self, call: &Call) -> Arc<Entry> {
        self.entries.lock().of(call)
    }

    /// Keeps the answer to `entry` that has just come.
    fn hold(&self, entry: &Entry, answer: Answer, refreshed: bool) {
        let weight = answer.reply.weight();
        entry.hold(answer, refreshed);
        self.entries.lock().weigh(entry, weight);
    }

    /// Has an entry refreshed from now on. False when nobody does that.
    fn begin_refresh(&self, entry: &Arc<Entry>) -> bool {
        let refreshing = self.refreshing.lock();
        refreshing.as_ref().is_some_and(|begin| begin.try_send(Arc::clone(entry)).is_ok())
    }

    fn forget(&self, entry: &Entry) {
        self.entries.lock().forget(entry);
    }
}
