//! Starting a node.

use super::{Consensus, Inner, confirm, snapshots, watch};
use crate::clock::StateClock;
use crate::config::{ConsensusConfig, Placement, SnapshotConfig};
use crate::fatal::Fatal;
use crate::lease::{Lease, Revoked, alone};
use crate::log::{Log, LogOpen, LogOptions};
use crate::network::Networks;
use crate::open::Directory;
use crate::replica::Replica;
use crate::snapshot::SnapshotStore;
use crate::status::LastContact;
use crate::{Inbound, Member, OpenError, Status};
use openraft::Raft;
use openraft::async_runtime::watch::WatchReceiver;
use parking_lot::Mutex;
use redb::backends::InMemoryBackend;
use std::sync::Arc;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Memory for redb's pages: the newest entries are kept outside of it.
const DATABASE_CACHE: usize = 16 << 20;

impl Consensus {
    /// Starts a node: opens or makes its data directory, restores the state up to what it knows to be committed, and takes part.
    ///
    /// A new node waits until [`Consensus::bootstrap`] is called on it, or until a leader adds it.
    ///
    /// # Errors
    /// [`OpenError`] names the file and what was expected of it.
    pub async fn open(config: ConsensusConfig) -> Result<Self, OpenError> {
        let own = match config.placement {
            Placement::Caller => None,
            Placement::Own { threads } => Some(own_runtime(threads)?),
        };
        let handle = own.as_ref().map_or_else(Handle::current, |own| own.handle().clone());
        // openraft spawns its tasks where it is built.
        let started = handle.spawn(start(config)).await.map_err(|error| OpenError::Raft(error.to_string()));
        match started.and_then(|started| started) {
            Ok(started) => Ok(started.into_handle(own, handle)),
            Err(error) => {
                if let Some(own) = own {
                    // A runtime must not be dropped where waiting is forbidden.
                    own.shutdown_background();
                }
                Err(error)
            }
        }
    }
}

fn own_runtime(threads: usize) -> Result<Runtime, OpenError> {
    Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .thread_name("raft")
        .enable_all()
        .build()
        .map_err(|source| OpenError::Io { path: "raft's threads".to_owned(), source })
}

/// A node whose tasks run.
struct Started {
    config: Parts,
    me: Member,
    raft: Raft<crate::types::TypeConfig, Replica>,
    log: Opened,
    directory: Option<Directory>,
    snapshots: Arc<SnapshotStore>,
    snapshot_settings: tokio::sync::watch::Sender<SnapshotConfig>,
    clock: Arc<StateClock>,
    fatal: Fatal,
    revoked: Revoked,
    status: tokio::sync::watch::Receiver<Status>,
    confirmations: confirm::Queue,
}

/// What is left of [`ConsensusConfig`] when machine and transport are in place.
struct Parts {
    timing: crate::config::Timing,
    max_proposals: usize,
    admission_wait: std::time::Duration,
}

/// What is left of [`LogOpen`] when openraft has the log.
struct Opened {
    counters: Arc<crate::LogCounters>,
    used: bool,
    closed: tokio::sync::oneshot::Receiver<()>,
}

async fn start(config: ConsensusConfig) -> Result<Started, OpenError> {
    let raft_config = Arc::new(config.raft().map_err(|error| OpenError::Raft(error.to_string()))?);
    let timing = config.timing();
    let (clock, fatal, revoked) = (Arc::new(StateClock::default()), Fatal::default(), Revoked::default());

    let data_dir = config.data_dir.clone();
    let node_id = config.node.node_id.clone();
    let (log_clock, log_fatal) = (Arc::clone(&clock), fatal.clone());
    let open = move || open_storage(data_dir.as_deref(), &node_id, log_clock, log_fatal);
    let (directory, store, log) = tokio::task::spawn_blocking(open).await.map_err(|error| OpenError::Raft(error.to_string()))??;
    let LogOpen { log, identity, counters, used, closed } = log;

    let me = Member { id: identity.raft_id(), node: config.node };
    let networks = Networks { transport: config.transport, timing, revoked: revoked.clone() };
    let replica = Replica::new(config.machine, Arc::clone(&store), Arc::clone(&clock), Arc::clone(&counters));
    let raft = Raft::new(me.id, raft_config, networks, log, replica).await.map_err(|error| OpenError::Raft(error.to_string()))?;

    let sole_voter = alone(&raft.metrics().borrow_watched(), me.id);
    if sole_voter {
        // There is nobody to wait for.
        raft.trigger().elect(false).await.map_err(|error| OpenError::Raft(error.to_string()))?;
    }
    let status = watch::spawn(raft.metrics(), Arc::clone(&clock), fatal.clone());
    let snapshot_settings = tokio::sync::watch::Sender::new(config.snapshots);
    snapshots::spawn(raft.clone(), snapshot_settings.subscribe());
    let confirmations = confirm::spawn(raft.clone());
    Ok(Started {
        config: Parts { timing, max_proposals: config.max_proposals, admission_wait: config.admission_wait },
        me,
        raft,
        log: Opened { counters, used, closed },
        directory,
        snapshots: store,
        snapshot_settings,
        clock,
        fatal,
        revoked,
        status,
        confirmations,
    })
}

type Storage = (Option<Directory>, Arc<SnapshotStore>, LogOpen);

fn open_storage(data_dir: Option<&std::path::Path>, node_id: &str, clock: Arc<StateClock>, fatal: Fatal) -> Result<Storage, OpenError> {
    let claim = (node_id, rand::random());
    let options = LogOptions::default();
    let Some(data_dir) = data_dir else {
        let db =
            redb::Database::builder().create_with_backend(InMemoryBackend::new()).map_err(|error| OpenError::storage("memory", error))?;
        let log = Log::open(db, "memory", claim, options, clock, fatal)?;
        return Ok((None, Arc::new(SnapshotStore::memory()), log));
    };
    let directory = Directory::open(data_dir)?;
    let db = directory.database(DATABASE_CACHE)?;
    let snapshots = SnapshotStore::open(directory.snapshots())?;
    let log = Log::open(db, &directory.log_path(), claim, options, clock, fatal)?;
    Ok((Some(directory), Arc::new(snapshots), log))
}

impl Started {
    fn into_handle(self, own: Option<Runtime>, runtime: Handle) -> Consensus {
        let (metrics, last_contact) = (self.raft.metrics(), LastContact::default());
        let lease_length = self.config.timing.lease();
        let inbound = Inbound {
            id: self.me.id,
            raft: self.raft.clone(),
            metrics: metrics.clone(),
            snapshots: self.snapshots,
            last_contact: last_contact.clone(),
            // A leader counts on our promise for its lease, at most, after we gave it.
            votes_from: if self.log.used { Instant::now() + lease_length } else { Instant::now() },
            receiving: Arc::new(Semaphore::new(1)),
        };
        let lease = Lease { id: self.me.id, length: lease_length, revoked: self.revoked, metrics: Mutex::new(metrics.clone()) };
        Consensus(Arc::new(Inner {
            me: self.me,
            timing: self.config.timing,
            raft: self.raft,
            lease,
            metrics,
            status: self.status,
            last_contact,
            confirmations: self.confirmations,
            proposals: Semaphore::new(self.config.max_proposals),
            admission_wait: self.config.admission_wait,
            snapshot_settings: self.snapshot_settings,
            clock: self.clock,
            counters: self.log.counters,
            fatal: self.fatal,
            inbound,
            own_runtime: Mutex::new(own),
            runtime,
            log_closed: Mutex::new(Some(self.log.closed)),
            directory: Mutex::new(self.directory),
        }))
    }
}
