//! How the rest of the agent speaks to the driver.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gossip::{Handle, LeaveError, Stopped};
use members::{Coordinate, DetailsError, Event, FireError, Member, UserEvent};
use tokio::sync::{broadcast, watch};

use crate::KeyringFile;

/// A cloneable handle to a running [`Lan`](crate::Lan).
#[derive(Clone)]
pub struct LanHandle {
    pub(crate) shared: Arc<Shared>,
}

/// What all clones of a handle share.
pub(crate) struct Shared {
    pub(crate) addr: SocketAddr,
    pub(crate) pool: Handle,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) user_events: broadcast::Sender<Arc<UserEvent>>,
    pub(crate) coordinate: watch::Receiver<Coordinate>,
    pub(crate) join_port: u16,
    pub(crate) keyring_file: Option<KeyringFile>,
    /// Held over change and file, so that the file ends as the keyring does.
    pub(crate) keyring_lock: tokio::sync::Mutex<()>,
    /// Held over a keyring operation of the whole pool: one at a time.
    pub(crate) rounds: tokio::sync::Mutex<()>,
}

/// The tags were not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetTagsError {
    /// They are too many or too long.
    #[error(transparent)]
    Details(#[from] DetailsError),
    /// See [`Stopped`].
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// A user event was not fired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FireEventError {
    /// It is too long, or we have left.
    #[error(transparent)]
    Fire(#[from] FireError),
    /// See [`Stopped`].
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl LanHandle {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// The address others are told to reach us at.
    #[must_use]
    pub fn advertised(&self) -> SocketAddr {
        self.shared.addr
    }

    /// The member list, ourselves included, by name; a new one after each change.
    #[must_use]
    pub fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        self.shared.pool.members()
    }

    /// Changes from now on. A reader that lags sees `Lagged`, and should then read [`members`](Self::members).
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// User events from now on, each once, our own included. A reader that lags misses the oldest.
    #[must_use]
    pub fn user_events(&self) -> broadcast::Receiver<Arc<UserEvent>> {
        self.shared.user_events.subscribe()
    }

    /// Fires a user event at all members.
    ///
    /// # Errors
    /// [`FireEventError`]; nothing was sent.
    pub async fn fire(&self, name: String, payload: Bytes) -> Result<Arc<UserEvent>, FireEventError> {
        Ok(self.shared.pool.ask(move |core, now| core.fire(now, &name, payload)).await??)
    }

    /// Where we are, by the round trips of our probes.
    #[must_use]
    pub fn coordinate(&self) -> Coordinate {
        *self.shared.coordinate.borrow()
    }

    /// The generation in use, to be persisted: it grows where an earlier run had a clock ahead of ours.
    #[must_use]
    pub fn generation(&self) -> watch::Receiver<u64> {
        self.shared.pool.generation()
    }

    /// Leaves the pool in good order; the driver then falls silent and waits to be stopped.
    ///
    /// # Errors
    /// [`LeaveError::Timeout`] after `timeout`.
    pub async fn leave(&self, timeout: Duration) -> Result<(), LeaveError> {
        self.shared.pool.leave(timeout).await
    }

    /// Declares the failed member `name` to have left; `prune` also forgets it. A live member stays.
    /// Returns false if nobody is known by that name.
    ///
    /// # Errors
    /// [`Stopped`].
    pub async fn force_leave(&self, name: &str, prune: bool) -> Result<bool, Stopped> {
        self.shared.pool.force_leave(name, prune).await
    }

    /// Replaces our tags.
    ///
    /// # Errors
    /// [`SetTagsError`]; the old tags stay.
    pub async fn set_tags(&self, tags: BTreeMap<String, String>) -> Result<(), SetTagsError> {
        Ok(self.shared.pool.ask(move |core, now| core.set_tags(now, tags)).await??)
    }
}
