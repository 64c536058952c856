//! A running node.

mod confirm;
mod members;
mod open;
mod propose;
mod snapshots;
mod stop;
mod waist;
mod watch;

pub use confirm::{ConfirmError, LeaseError};
pub use members::{ChangeError, Membership, TransferError};
pub use propose::ProposeError;

use crate::lease::{Lease, MetricsReceiver, NoLease};
use crate::open::Directory;
use crate::replica::Replica;
use crate::status::{Follower, LastContact};
use crate::types::TypeConfig;
use crate::{FatalError, Inbound, LogCounters, Member, RaftId, SnapshotConfig, StateClock, Status, config::Timing, fatal::Fatal};
use openraft::Raft;
use openraft::async_runtime::watch::WatchReceiver;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot, watch as channel};

/// A handle on this node's raft. Cheap to clone; the node stops when the last one is dropped, or by [`Consensus::shutdown`].
#[derive(Clone)]
pub struct Consensus(Arc<Inner>);

struct Inner {
    me: Member,
    timing: Timing,
    raft: Raft<TypeConfig, Replica>,
    lease: Lease,
    metrics: MetricsReceiver,
    status: channel::Receiver<Status>,
    last_contact: LastContact,
    confirmations: confirm::Queue,
    proposals: Semaphore,
    admission_wait: Duration,
    snapshot_settings: channel::Sender<SnapshotConfig>,
    clock: Arc<StateClock>,
    counters: Arc<LogCounters>,
    fatal: Fatal,
    inbound: Inbound,
    /// `None` where the caller's runtime is used, or after the end.
    own_runtime: Mutex<Option<tokio::runtime::Runtime>>,
    runtime: tokio::runtime::Handle,
    /// Resolves when the log's writer has ended.
    log_closed: Mutex<Option<oneshot::Receiver<()>>>,
    /// Unlocked last.
    directory: Mutex<Option<Directory>>,
}

impl Consensus {
    /// This node as a member: what the others need to name in a membership.
    #[must_use]
    pub fn me(&self) -> &Member {
        &self.0.me
    }

    /// Where to serve [`Consensus::inbound`], and whatever else must not wait behind clients.
    #[must_use]
    pub fn runtime(&self) -> &tokio::runtime::Handle {
        &self.0.runtime
    }

    /// What takes the calls of other nodes.
    #[must_use]
    pub fn inbound(&self) -> Inbound {
        self.0.inbound.clone()
    }

    /// The node's state, as it changes.
    #[must_use]
    pub fn status(&self) -> channel::Receiver<Status> {
        self.0.status.clone()
    }

    /// How long ago the leader was heard, `None` if none was since the start. Zero on the leader; on one that may be none any more, how
    /// long ago a majority answered it: what it has may be as old.
    #[must_use]
    pub fn last_contact(&self) -> Option<Duration> {
        self.contact_under(self.0.lease.check())
    }

    fn contact_under(&self, lease: Result<(), NoLease>) -> Option<Duration> {
        match lease {
            Ok(()) => Some(Duration::ZERO),
            Err(NoLease::Expired) => self.0.lease.quorum_age().or_else(|| self.0.last_contact.age()).or(Some(Duration::ZERO)),
            Err(NoLease::NotLeader) => self.0.last_contact.age(),
        }
    }

    /// The leader this node knows. One whose lease has expired does not count itself: others may have another by now.
    #[must_use]
    pub fn known_leader(&self) -> Option<Member> {
        let lease = self.0.lease.check();
        let leader = self.0.status.borrow().leader.clone();
        leader.filter(|_| self.knows_leader_under(lease))
    }

    fn knows_leader_under(&self, lease: Result<(), NoLease>) -> bool {
        lease.is_ok() || self.0.status.borrow().leader.as_ref().is_some_and(|leader| leader.id != self.0.me.id)
    }

    /// How far the others are, on the leader; empty elsewhere.
    #[must_use]
    pub fn followers(&self) -> Vec<Follower> {
        Follower::all(&self.0.metrics.borrow_watched())
    }

    /// Has the log cut short as `settings` say from now on.
    pub fn set_snapshots(&self, settings: SnapshotConfig) {
        self.0.snapshot_settings.send_replace(settings);
    }

    /// The clock that TTLs run on.
    #[must_use]
    pub fn clock(&self) -> Arc<StateClock> {
        Arc::clone(&self.0.clock)
    }

    /// What the log wrote.
    #[must_use]
    pub fn log_counters(&self) -> Arc<LogCounters> {
        Arc::clone(&self.0.counters)
    }

    /// Resolves when the node can no longer go on, with the reason. The process must stop then.
    pub async fn fatal(&self) -> FatalError {
        let mut raised = self.0.fatal.subscribe();
        match raised.wait_for(Option::is_some).await.map(|error| error.clone()) {
            Ok(Some(error)) => error,
            // The sender lives in `self`.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    fn id(&self) -> RaftId {
        self.0.me.id
    }
}
