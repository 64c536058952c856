//! How the rest of the gateway speaks to the WAN driver.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gossip::{Handle, LeaveError};
use members::{Coordinate, Member};
use tokio::sync::watch;

use super::Book;

/// Where members lie in the pool, by name: ourselves, and who has answered us.
pub(crate) type Places = BTreeMap<String, Coordinate>;

/// A cloneable handle to the WAN driver.
#[derive(Clone)]
pub(crate) struct WanHandle {
    pub(super) pool: Handle,
    pub(super) places: watch::Receiver<Arc<Places>>,
    pub(super) book: Book,
    pub(super) addr: SocketAddr,
}

impl WanHandle {
    /// The member list, ourselves included, by name.
    pub(crate) fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        self.pool.members()
    }

    /// The generation in use, to be persisted.
    pub(crate) fn generation(&self) -> watch::Receiver<u64> {
        self.pool.generation()
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
        self.pool.join(addr).await.unwrap_or_else(|stopped| Err(stopped.to_string()))
    }

    /// Declares the failed member to have left. False if nobody is known by that name, or the gateway has stopped.
    pub(crate) async fn force_leave(&self, name: &str, prune: bool) -> bool {
        self.pool.force_leave(name, prune).await.unwrap_or(false)
    }

    /// Leaves the pool in good order. False if it took longer than `timeout`.
    pub(crate) async fn leave(&self, timeout: Duration) -> bool {
        self.pool.leave(timeout).await != Err(LeaveError::Timeout)
    }
}
