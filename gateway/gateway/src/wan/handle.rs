//! How the rest of the gateway speaks to the WAN driver.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use members::{Coordinate, Member};
use tokio::sync::{mpsc, oneshot, watch};

use super::Book;

/// How one join ended, in words for the operator.
pub(super) type JoinOutcome = Result<(), String>;

/// Where members lie in the pool, by name: ourselves, and who has answered us.
pub(crate) type Places = BTreeMap<String, Coordinate>;

pub(super) enum Command {
    Join { addr: SocketAddr, done: oneshot::Sender<JoinOutcome> },
    ForceLeave { name: String, prune: bool, done: oneshot::Sender<bool> },
    Leave { done: oneshot::Sender<()> },
}

/// A cloneable handle to the WAN driver.
#[derive(Clone)]
pub(crate) struct WanHandle {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) list: watch::Receiver<Arc<[Member]>>,
    pub(super) generations: watch::Receiver<u64>,
    pub(super) places: watch::Receiver<Arc<Places>>,
    pub(super) book: Book,
    pub(super) addr: SocketAddr,
}

impl WanHandle {
    /// The member list, ourselves included, by name.
    pub(crate) fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        self.list.clone()
    }

    /// The generation in use, to be persisted.
    pub(crate) fn generation(&self) -> watch::Receiver<u64> {
        self.generations.clone()
    }

    /// Where members lie in the pool, as of the last answer to us.
    pub(crate) fn places(&self) -> Arc<Places> {
        self.places.borrow().clone()
    }

    /// Where other gateways reach us.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Which datacenter is where.
    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// Joins the pool through `addr`, whose datacenter the book must know.
    ///
    /// # Errors
    /// Why not, in words for the operator.
    pub(crate) async fn join(&self, addr: SocketAddr) -> Result<(), String> {
        self.ask(|done| Command::Join { addr, done }).await.unwrap_or_else(|| Err("WAN gossip is stopped".to_owned()))
    }

    /// Declares the failed member to have left. False if nobody is known by that name, or the gateway has stopped.
    pub(crate) async fn force_leave(&self, name: &str, prune: bool) -> bool {
        let name = name.to_owned();
        self.ask(|done| Command::ForceLeave { name, prune, done }).await.unwrap_or(false)
    }

    /// Leaves the pool in good order. False if it took longer than `timeout`.
    pub(crate) async fn leave(&self, timeout: Duration) -> bool {
        tokio::time::timeout(timeout, self.ask(|done| Command::Leave { done })).await.is_ok()
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (done, answer) = oneshot::channel();
        self.commands.send(command(done)).await.ok()?;
        answer.await.ok()
    }
}
