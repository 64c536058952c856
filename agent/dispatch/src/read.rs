//! Reads and blocking reads, once for every operation.

use crate::Store;
use crate::cache::{Kept, Question};
use api::{Encoded, Error, Op, Read, Wait};
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
            return self.look_anew(read, who).map(|(look, _)| look);
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
        let (look, snapshot) = self.look_anew(read, who)?;
        // Shared only when its topics' versions are those of the snapshot it was made from.
        if self.is_settled_at(&snapshot) {
            self.cache.put(question, Arc::clone(&look));
        }
        Ok(look)
    }

    /// For whoever neither waits nor shares: no topic is registered.
    fn look_once(&self, read: &Read, who: &Authority) -> Result<Look, Error> {
        let snapshot = self.snapshot();
        let view = View::new(&snapshot, who);
        let reply = state::evaluate(read, &view)?;
        Ok(Arc::new(Kept { reply: Encoded::new(reply), seen: view.seen(), made_from: Vec::new() }))
    }

    fn look_anew(&self, read: &Read, who: &Authority) -> Result<(Look, Arc<State>), Error> {
        loop {
            let snapshot = self.snapshot();
            let (reply, seen) = {
                let view = View::new(&snapshot, who);
                (state::evaluate(read, &view)?, view.seen())
            };
            // Registered after the evaluation, as only then the topics are known: if something was published meanwhile, the
            // versions may belong to a later snapshot, and a waiter would miss that change.
            let made_from = seen.topics.iter().map(|topic| self.topics.register(topic)).map(|topic| (topic, 0));
            let made_from: Vec<_> = made_from
                .map(|(topic, _)| {
                    let version = topic.version();
                    (topic, version)
                })
                .collect();
            let look = Arc::new(Kept { reply: Encoded::new(reply), seen, made_from });
            if Arc::ptr_eq(&self.snapshot(), &snapshot) {
                return Ok((look, snapshot));
            }
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
