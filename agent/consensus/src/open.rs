//! The data directory: whose it is, and that nobody else uses it.
//!
//! ```text
//! <data_dir>/raft/lock            held for as long as the process uses the directory
//! <data_dir>/raft/raft.db         the log: see `log`
//! <data_dir>/raft/snapshots/      see `snapshot`
//! ```
//!
//! The log and its snapshots hold the private keys of the certificate authority, and tokens: nobody but their owner may read them.

use redb::Database;
use std::fs::{File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why a node cannot start from its data directory. What was in it still is.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system said no.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: String,
        /// What it said.
        source: io::Error,
    },
    /// Another process uses the directory.
    #[error("{path}: the data directory is used by another process")]
    Locked {
        /// The lock file.
        path: String,
    },
    /// The directory belongs to another node.
    #[error("{path}: belongs to node {found}, expected node {expected}")]
    Foreign {
        /// The file that says so.
        path: String,
        /// This node.
        expected: String,
        /// Its owner.
        found: String,
    },
    /// What is there was not written like this by us. Restore the directory, or wipe it: the node then joins as a new one.
    #[error("{path}: damaged: expected {expected}, found {found}")]
    Damaged {
        /// The file.
        path: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The settings contradict each other, or raft refused the stored state.
    #[error("raft: {0}")]
    Raft(String),
}

impl OpenError {
    pub(crate) fn damaged(path: &str, expected: impl ToString, found: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), expected: expected.to_string(), found: found.to_string() }
    }

    pub(crate) fn storage(path: &str, error: impl Into<redb::Error>) -> Self {
        match error.into() {
            redb::Error::Io(source) if source.kind() == io::ErrorKind::InvalidData => Self::damaged(path, "a redb file", source),
            redb::Error::Io(source) => Self::Io { path: path.to_owned(), source },
            redb::Error::DatabaseAlreadyOpen => Self::Locked { path: path.to_owned() },
            error => Self::damaged(path, "a redb file", error),
        }
    }
}

/// What files are made with: reading and writing by their owner.
pub(crate) const OWNER_ONLY: u32 = 0o600;

/// The raft part of a data directory, locked.
#[derive(Debug)]
pub(crate) struct Directory {
    raft: PathBuf,
    /// Held until the last user of the directory is gone.
    _lock: File,
}

impl Directory {
    pub(crate) fn open(data_dir: &Path) -> Result<Self, OpenError> {
        let raft = data_dir.join("raft");
        let fail = |path: &Path| {
            let path = path.display().to_string();
            move |source| OpenError::Io { path, source }
        };
        std::fs::create_dir_all(raft.join("snapshots")).map_err(fail(&raft))?;
        if let Err(error) = std::fs::set_permissions(&raft, Permissions::from_mode(0o700)) {
            tracing::warn!(path = %raft.display(), %error, "others may be able to read the log");
        }
        let path = raft.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path).map_err(fail(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { raft, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked { path: path.display().to_string() }),
            Err(TryLockError::Error(source)) => Err(OpenError::Io { path: path.display().to_string(), source }),
        }
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        self.raft.join("snapshots")
    }

    pub(crate) fn log_path(&self) -> String {
        self.raft.join("raft.db").display().to_string()
    }

    /// Opens `raft.db`, or makes it. A directory with snapshots has had a log: without it, the node has lost its votes.
    pub(crate) fn database(&self, cache_bytes: usize) -> Result<Database, OpenError> {
        let path = self.raft.join("raft.db");
        let name = self.log_path();
        let fail = |source| OpenError::Io { path: name.clone(), source };
        let is_new = !path.try_exists().map_err(fail)?;
        if is_new {
            let mut snapshots = std::fs::read_dir(self.snapshots()).map_err(fail)?;
            if snapshots.next().is_some() {
                return Err(OpenError::damaged(&name, "the log that belongs to snapshots/", "no file"));
            }
        }
        let mut builder = Database::builder();
        builder.set_cache_size(cache_bytes).set_repair_callback(|session| {
            tracing::info!(progress = session.progress(), "raft.db was not closed: checking it");
        });
        let file = File::options().read(true).write(true).create(true).truncate(false).mode(OWNER_ONLY).open(&path).map_err(fail)?;
        let db = builder.create_file(file).map_err(|error| OpenError::storage(&name, error))?;
        if is_new {
            // A new file may be lost with the power even though its content was synced: its name is in the directory.
            sync_dir(&self.raft).map_err(fail)?;
            if let Some(parent) = self.raft.parent() {
                sync_dir(parent).map_err(fail)?;
            }
        }
        Ok(db)
    }
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
