//! Reads and blocking reads, once for every operation.

use crate::cache::{Kept, Question};
use crate::{Registration, Store};
use api::{Encoded, Error, Op, Read, Reply, Wait};
use futures_util::future::select_all;
use state::{Authority, Seen, State, View};
use std::sync::Arc;
use tokio::time::Instant;

/// An evaluated read: the reply, what it was made from.
pub(crate) type Look = Arc<Kept>;

impl Store {
    /// Answers `op` from the newest snapshot, or with an answer that somebody else had and that still holds.
    pub(crate) fn look(&self, op: &Op, read: &Read, who: &Authority) -> Result<Look, Error> {
        // One key is found faster than an answer to the same question.
        if matches!(read, Read::KvGet(_)) {
            return self.look_once(read, who);
        }
        self.look_to_share(op, read, who)
    }

    /// [`Store::look`] for whoever may want to wait for a change of the answer.
    fn look_to_wait(&self, op: &Op, read: &Read, who: &Authority) -> Result<Look, Error> {
        if matches!(read, Read::KvGet(_)) {
            return self.look_anew(read, who);
        }
        self.look_to_share(op, read, who)
    }

    fn look_to_share(&self, op: &Op, read: &Read, who: &Authority) -> Result<Look, Error> {
        let question = Question { op: op.encode_to_vec(), who: who.clone() };
        let snapshot = self.snapshot();
        if self.is_settled_at(&snapshot)
            && let Some(kept) = self.cache.get(&question)
        {
            return Ok(kept);
        }
        let look = self.look_anew(read, who)?;
        self.cache.put(question, Arc::clone(&look));
        Ok(look)
    }

    /// For whoever neither waits nor shares: no topic is registered.
    fn look_once(&self, read: &Read, who: &Authority) -> Result<Look, Error> {
        let snapshot = self.snapshot();
        let view = View::new(&snapshot, who);
        let reply = state::evaluate(read, &view)?;
        Ok(Arc::new(Kept { reply: Encoded::new(reply), seen: view.seen(), made_from: Vec::new() }))
    }

    fn look_anew(&self, read: &Read, who: &Authority) -> Result<Look, Error> {
        self.evaluated(|snapshot| {
            let view = View::new(snapshot, who);
            Ok((state::evaluate(read, &view)?, view.seen()))
        })
    }

    /// The topics of a read are known only once it was evaluated. If something was published before all of them were registered, their
    /// versions may be those of a later snapshot, and a waiter would miss that change. Then it is evaluated again, with the topics held
    /// that are known by now: what others write meanwhile does not matter any more, however much it is.
    fn evaluated(&self, mut evaluate: impl FnMut(&State) -> Result<(Reply, Seen), Error>) -> Result<Look, Error> {
        let mut held: Vec<Registration> = Vec::new();
        loop {
            // Counted before the snapshot is taken: a change that it lacks is counted later.
            let mut made_from: Vec<_> = held.into_iter().map(Registration::with_version).collect();
            let snapshot = self.snapshot();
            let (reply, seen) = evaluate(&snapshot)?;
            let known = made_from.len();
            for topic in &seen.topics {
                if !made_from.iter().any(|(held, _)| held.topic() == topic) {
                    made_from.push(self.topics.register(topic).with_version());
                }
            }
            if made_from.len() == known || Arc::ptr_eq(&self.snapshot(), &snapshot) {
                return Ok(Arc::new(Kept { reply: Encoded::new(reply), seen, made_from }));
            }
            held = made_from.into_iter().map(|(held, _)| held).collect();
        }
    }

    /// Answers `op` once there is something newer than `wait` says, or when its time is over. `ready` is asked before each look.
    pub(crate) async fn look_when_newer<F: Future<Output = Result<(), Error>>>(
        &self,
        op: &Op,
        read: &Read,
        who: &Authority,
        wait: Wait,
        mut ready: impl FnMut() -> F,
    ) -> Result<Look, Error> {
        let deadline = Instant::now() + wait.limit;
        let mut last: Option<Seen> = None;
        loop {
            ready().await?;
            let look = self.look_to_wait(op, read, who)?;
            // What was not there and still is not, is no news, though its index may be that of an unrelated write.
            let still_absent = look.seen.absent && last.as_ref().is_some_and(|last| last.absent);
            if look.seen.index > wait.index && !still_absent {
                return Ok(look);
            }
            last = Some(look.seen.clone());
            if tokio::time::timeout_at(deadline, changed(&look)).await.is_err() {
                return self.look(op, read, who);
            }
        }
    }
}

/// Resolves when a topic of `look` has changed since it was made.
async fn changed(look: &Kept) {
    match look.made_from.as_slice() {
        [] => std::future::pending().await,
        [(topic, version)] => topic.changed_since(*version).await,
        several => {
            select_all(several.iter().map(|(topic, version)| Box::pin(topic.changed_since(*version)))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test has nobody to hand an error to")]

    use super::*;
    use api::operator::Address;
    use futures_util::FutureExt;
    use state::{Topic, Touch};

    /// A read of two topics during which something is published each time.
    #[test]
    fn a_read_ends_and_misses_nothing_though_others_write_all_the_time() {
        let topics = ["mine", "also mine"].map(|key| Topic::Key(key.into()));
        for written in ["mine", "other"] {
            let (store, mut evaluated) = (Store::default(), 0);
            let look = store.evaluated(|_| {
                evaluated += 1;
                assert!(evaluated < 3, "it is looked at again and again");
                store.publish(State::default(), &[Touch::Key(written.into())]);
                Ok((Reply::StatusLeader(Address::default()), Seen { topics: topics.to_vec(), ..Seen::default() }))
            });
            let look = look.unwrap();
            assert_eq!(look.is_current(), written == "other", "{written}");
            assert_eq!(changed(&look).now_or_never().is_some(), written == "mine", "{written}");
            store.publish(State::default(), &[Touch::Key("also mine".into())]);
            assert!(!look.is_current(), "{written}");
        }
    }
}
