//! A log in memory, which any number of servers share.

use api::{Code, Error, Write};
use dispatch::{Contact, Log, Proposed, Store};
use parking_lot::Mutex;
use state::{At, Permitted, State};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[derive(Clone, Default)]
pub(super) struct MemoryLog(Arc<Inner>);

#[derive(Default)]
struct Inner {
    pub(super) store: Arc<Store>,
    state: Mutex<State>,
    /// What another server commits just before the next proposal here.
    ahead: Mutex<VecDeque<Write>>,
    deposed: AtomicBool,
    proposals: AtomicUsize,
}

impl MemoryLog {
    pub(super) fn store(&self) -> &Arc<Store> {
        &self.0.store
    }

    pub(super) fn commit(&self, write: Write) -> Proposed {
        let mut state = self.0.state.lock();
        let applied = state.apply(At::default(), &Permitted::internal(write));
        self.0.store.publish(state.clone(), &applied.touched);
        Proposed { reply: applied.outcome.unwrap(), index: applied.index }
    }

    pub(super) fn overtake_with(&self, write: Write) {
        self.0.ahead.lock().push_back(write);
    }

    pub(super) fn depose(&self) {
        self.0.deposed.store(true, Ordering::Relaxed);
    }

    pub(super) fn proposals(&self) -> usize {
        self.0.proposals.load(Ordering::Relaxed)
    }
}

impl Log for MemoryLog {
    async fn propose(&self, write: Permitted) -> Result<Proposed, Error> {
        self.lease()?;
        self.0.proposals.fetch_add(1, Ordering::Relaxed);
        let ahead: Vec<Write> = self.0.ahead.lock().drain(..).collect();
        for write in ahead {
            self.commit(write);
        }
        tokio::task::yield_now().await;
        Ok(self.commit(write.write().clone()))
    }

    fn lease(&self) -> Result<(), Error> {
        if self.0.deposed.load(Ordering::Relaxed) {
            return Err(Error::new(Code::NotLeader, "deposed"));
        }
        Ok(())
    }

    async fn confirm(&self) -> Result<(), Error> {
        self.lease()
    }

    fn contact(&self) -> Contact {
        Contact { known_leader: true, last_ms: Some(0) }
    }
}
