//! What is kept of services and checks in the data directory.
//!
//! ```text
//! services/<hash>        a registration over the API: {"Token", "SidecarOf", "Service"}
//! checks/<hash>          a check registered over the API: {"Token", "Check"}
//! checks/state/<hash>    how a TTL stands: {"CheckID", "Status", "Output", "Expires"}
//! ```
//!
//! A file is named by the SHA-256 of the id, replaced as a whole, and readable by its owner alone: it may hold a token. One that cannot
//! be read is named in the log and left as it is.

use local::{StoredCheck, StoredService, StoredTtl};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Longest file that is read, in bytes: a registration is a body of 1 MiB at the most.
const LONGEST: u64 = 4 << 20;
/// What a file ends in while it is written.
const UNFINISHED: &str = "tmp";

/// A directory or file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct DiskError {
    /// Which.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// What was kept.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) services: Vec<StoredService>,
    pub(crate) checks: Vec<(StoredCheck, Option<StoredTtl>)>,
}

/// One thing to keep, or to keep no more.
pub(crate) enum Task {
    Service(String, Option<StoredService>),
    Check(String, Option<StoredCheck>),
    Ttl(String, Option<StoredTtl>),
}

/// The directories; without a data directory nothing is kept.
#[derive(Clone)]
pub(crate) struct Disk(Option<PathBuf>);

impl Disk {
    /// Makes the directories.
    pub(crate) fn open(data_dir: Option<&Path>) -> Result<Self, DiskError> {
        if let Some(dir) = data_dir {
            for sub in [SERVICES, CHECKS, TTLS] {
                let path = dir.join(sub);
                fs::create_dir_all(&path).map_err(|source| DiskError { path, source })?;
            }
        }
        Ok(Self(data_dir.map(Path::to_owned)))
    }

    /// Reads what was kept.
    pub(crate) fn load(&self) -> Kept {
        let Some(dir) = &self.0 else { return Kept::default() };
        let services = read_all(&dir.join(SERVICES), |stored: &StoredService| &stored.service.id);
        let ttls: Vec<StoredTtl> = read_all(&dir.join(TTLS), |stored: &StoredTtl| &stored.check_id);
        let checks = read_all(&dir.join(CHECKS), |stored: &StoredCheck| &stored.check.check_id);
        let with_ttl = |check: StoredCheck| {
            let ttl = ttls.iter().find(|ttl| ttl.check_id == check.check.check_id).cloned();
            (check, ttl)
        };
        Kept { services, checks: checks.into_iter().map(with_ttl).collect() }
    }

    /// Does it, and says in the log what could not be done: the agent goes on, and would forget that at its next start.
    pub(crate) fn carry_out(&self, tasks: Vec<Task>) {
        let Some(dir) = &self.0 else { return };
        for task in tasks {
            let done = match &task {
                Task::Service(id, stored) => keep(&dir.join(SERVICES), id, stored.as_ref(), true),
                Task::Check(id, stored) => {
                    let state = if stored.is_none() { remove(&dir.join(TTLS).join(file_name(id))) } else { Ok(()) };
                    keep(&dir.join(CHECKS), id, stored.as_ref(), true).and(state)
                }
                // It is written anew with each update; the last one before a power cut may be lost.
                Task::Ttl(id, stored) => keep(&dir.join(TTLS), id, stored.as_ref(), false),
            };
            if let Err(error) = done {
                tracing::error!(target: "agent", %error, "services and checks are not kept");
            }
        }
    }
}

const SERVICES: &str = "services";
const CHECKS: &str = "checks";
const TTLS: &str = "checks/state";

fn file_name(id: &str) -> String {
    Sha256::digest(id).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keep<T: Serialize>(dir: &Path, id: &str, stored: Option<&T>, lasting: bool) -> Result<(), DiskError> {
    let path = dir.join(file_name(id));
    let Some(stored) = stored else { return remove(&path) };
    let unfinished = path.with_extension(UNFINISHED);
    let written = || -> io::Result<()> {
        let text = serde_json::to_vec(stored)?;
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(&text)?;
        if lasting {
            file.sync_all()?;
        }
        fs::rename(&unfinished, &path)
    };
    written().map_err(|source| DiskError { path, source })
}

fn remove(path: &Path) -> Result<(), DiskError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(DiskError { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

/// Every file of a directory that reads and is named as its id wants it, in the order of their names.
fn read_all<T: DeserializeOwned>(dir: &Path, id: impl Fn(&T) -> &String) -> Vec<T> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(target: "agent", path = %dir.display(), %error, "what was kept cannot be read");
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        if path.extension().is_some_and(|extension| extension == UNFINISHED) {
            // Of a write that was cut short: what it was to replace is still there.
            if let Err(error) = remove(&path) {
                tracing::warn!(target: "agent", %error, "an unfinished file stays");
            }
            continue;
        }
        match read::<T>(&path) {
            Ok(stored) if path.file_name().is_some_and(|name| *name == *file_name(id(&stored))) => all.push(stored),
            Ok(_) => tracing::warn!(target: "agent", path = %path.display(), "skipped: its name is not that of what it holds"),
            Err(error) => tracing::warn!(target: "agent", path = %path.display(), %error, "skipped: it is damaged"),
        }
    }
    all
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    if fs::metadata(path)?.len() > LONGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {LONGEST} bytes")));
    }
    Ok(serde_json::from_value(without_nulls(serde_json::from_slice(&fs::read(path)?)?))?)
}

/// Rows write what they lack as `null`, as Consul does, and do not read it.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(list) => list.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
