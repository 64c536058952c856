//! How others speak to a pool.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use members::{Member, Members};
use tokio::sync::{mpsc, oneshot, watch};

/// How one join ended, in words for the operator.
pub type JoinOutcome = Result<(), String>;

/// The pool's driver is not running any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gossip is stopped")]
pub struct Stopped;

/// Leaving was not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaveError {
    /// In the time given; it goes on.
    #[error("timeout while waiting for graceful leave")]
    Timeout,
    /// See [`Stopped`].
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// From a handle.
pub(crate) enum Command {
    /// Done when the reply has been taken.
    Join { addr: SocketAddr, done: oneshot::Sender<JoinOutcome> },
    /// Done when the last farewell has been sent.
    Leave { done: oneshot::Sender<()> },
    /// Done at once.
    Ask(Question),
}

/// Calls the core; returns what tells the asker what came of it.
pub(crate) type Question = Box<dyn FnOnce(&mut Members, Duration) -> Answer + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// A cloneable handle to a [`Pool`](crate::Pool).
#[derive(Clone)]
pub struct Handle {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) list: watch::Receiver<Arc<[Member]>>,
    pub(crate) generations: watch::Receiver<u64>,
}

impl Handle {
    /// The member list, ourselves included, by name; a new one after each change.
    #[must_use]
    pub fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        self.list.clone()
    }

    /// The generation in use, to be persisted: it grows where an earlier run had a clock ahead of ours.
    #[must_use]
    pub fn generation(&self) -> watch::Receiver<u64> {
        self.generations.clone()
    }

    /// Joins the pool through `addr`. When it has worked, the members there are listed.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn join(&self, addr: SocketAddr) -> Result<JoinOutcome, Stopped> {
        self.send(|done| Command::Join { addr, done }).await
    }

    /// Leaves the pool in good order; its driver then falls silent and waits to be stopped.
    ///
    /// # Errors
    /// [`LeaveError::Timeout`] after `timeout`.
    pub async fn leave(&self, timeout: Duration) -> Result<(), LeaveError> {
        match tokio::time::timeout(timeout, self.send(|done| Command::Leave { done })).await {
            Ok(left) => Ok(left?),
            Err(_) => Err(LeaveError::Timeout),
        }
    }

    /// Declares the failed member `name` to have left; `prune` also forgets it. A live member stays.
    /// Returns false if nobody is known by that name.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn force_leave(&self, name: &str, prune: bool) -> Result<bool, Stopped> {
        let name = name.to_owned();
        self.ask(move |core, now| core.force_leave(now, &name, prune)).await
    }

    /// Has the pool call something of its core, and carry out what that leads to. Returns what came of it.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn ask<T: Send + 'static>(&self, ask: impl FnOnce(&mut Members, Duration) -> T + Send + 'static) -> Result<T, Stopped> {
        let asking = |done| {
            Command::Ask(Box::new(move |core, now| {
                let value = ask(core, now);
                Box::new(move || answer(done, value))
            }))
        };
        self.send(asking).await
    }

    async fn send<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Stopped> {
        let (done, answer) = oneshot::channel();
        self.commands.send(command(done)).await.map_err(|_| Stopped)?;
        answer.await.map_err(|_| Stopped)
    }
}

/// The asker may have gone; then nobody needs the answer.
pub(crate) fn answer<T>(done: oneshot::Sender<T>, value: T) {
    let _gone = done.send(value);
}
