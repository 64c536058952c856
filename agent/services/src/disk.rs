//! What is kept of services and checks in the data directory.
//!
//! ```text
//! services/<hash>        a registration over the API: {"Token", "SidecarOf", "Service"}
//! checks/<hash>          a check registered over the API: {"Token", "Check"}
//! checks/state/<hash>    how a TTL stands: {"CheckID", "Status", "Output", "Expires"}
//! ```
//!
//! A file is named by the SHA-256 of the id, replaced as a whole, and readable by its owner alone: it may hold a token. One that makes no
//! sense is named in the log and left as it is; one that cannot be read at all ends the start, since the agent would take from the catalog
//! what it does not know.
//!
//! An instance is kept after its checks, and forgotten before them: one that comes back without its checks would count as healthy,
//! checks without their instance are forgotten.

use local::{StoredCheck, StoredService, StoredTtl};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
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

/// Something that has a file, by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    Service(String),
    Check(String),
    Ttl(String),
}

/// One thing to keep, or to keep no more.
pub(crate) enum Task {
    Service(String, Option<StoredService>),
    Check(String, Option<StoredCheck>),
    Ttl(String, Option<StoredTtl>),
}

impl Task {
    fn thing(&self) -> Thing {
        match self {
            Self::Service(id, _) => Thing::Service(id.clone()),
            Self::Check(id, _) => Thing::Check(id.clone()),
            Self::Ttl(id, _) => Thing::Ttl(id.clone()),
        }
    }

    /// What comes first, so that a process that is killed in between leaves nothing that says more than is true.
    fn rank(&self) -> u8 {
        match self {
            Self::Service(_, None) => 0,
            Self::Check(_, Some(_)) | Self::Ttl(..) => 1,
            Self::Service(_, Some(_)) => 2,
            Self::Check(_, None) => 3,
        }
    }
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
    ///
    /// # Errors
    /// The file or directory that cannot be read.
    pub(crate) fn load(&self) -> Result<Kept, DiskError> {
        let Some(dir) = &self.0 else { return Ok(Kept::default()) };
        let services = read_all(&dir.join(SERVICES), |stored: &StoredService| &stored.service.id)?;
        let ttls: Vec<StoredTtl> = read_all(&dir.join(TTLS), |stored: &StoredTtl| &stored.check_id)?;
        let checks = read_all(&dir.join(CHECKS), |stored: &StoredCheck| &stored.check.check_id)?;
        let with_ttl = |check: StoredCheck| {
            let ttl = ttls.iter().find(|ttl| ttl.check_id == check.check.check_id).cloned();
            (check, ttl)
        };
        Ok(Kept { services, checks: checks.into_iter().map(with_ttl).collect() })
    }

    /// Does it, and returns what could not be done: of that the disk says what it said before.
    pub(crate) fn carry_out(&self, mut tasks: Vec<Task>) -> Vec<(Thing, DiskError)> {
        let Some(dir) = &self.0 else { return Vec::new() };
        tasks.sort_by_key(Task::rank);
        let (mut failed, mut changed) = (Vec::new(), BTreeMap::new());
        for task in tasks {
            let sub = match &task {
                Task::Service(..) => SERVICES,
                Task::Check(..) => CHECKS,
                Task::Ttl(..) => TTLS,
            };
            let at = dir.join(sub);
            let done = match &task {
                Task::Service(id, stored) => keep(&at, id, stored.as_ref(), true),
                Task::Check(id, stored) => {
                    let state = if stored.is_none() { remove(&dir.join(TTLS).join(file_name(id))) } else { Ok(()) };
                    keep(&at, id, stored.as_ref(), true).and(state)
                }
                // It is written anew with each update; the last one before a power cut may be lost.
                Task::Ttl(id, stored) => keep(&at, id, stored.as_ref(), false),
            };
            match done {
                Err(error) => failed.push((task.thing(), error)),
                Ok(()) if sub != TTLS => changed.entry(at).or_insert_with(Vec::new).push(task.thing()),
                Ok(()) => {}
            }
        }
        for (path, things) in changed {
            // A file that was renamed or removed is so for good when its directory is on the disk.
            if let Err(source) = fs::File::open(&path).and_then(|dir| dir.sync_all()) {
                let error = |thing| (thing, DiskError { path: path.clone(), source: io::Error::new(source.kind(), source.to_string()) });
                failed.extend(things.into_iter().map(error));
            }
        }
        failed
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
    written().map_err(|source| {
        // What there is of it only takes room. The next try begins anew in any case.
        let _ = fs::remove_file(&unfinished);
        DiskError { path, source }
    })
}

fn remove(path: &Path) -> Result<(), DiskError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(DiskError { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

/// Every file of a directory that makes sense and is named as its id wants it, in the order of their names.
fn read_all<T: DeserializeOwned>(dir: &Path, id: impl Fn(&T) -> &String) -> Result<Vec<T>, DiskError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| DiskError { path, source }
    };
    let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(unreadable(dir))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
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
        match read(&path).map_err(unreadable(&path))?.as_deref().map(parse::<T>) {
            Some(Ok(stored)) if path.file_name().is_some_and(|name| *name == *file_name(id(&stored))) => all.push(stored),
            Some(Ok(_)) => tracing::warn!(target: "agent", path = %path.display(), "skipped: its name is not that of what it holds"),
            Some(Err(error)) => tracing::warn!(target: "agent", path = %path.display(), %error, "skipped: it is damaged"),
            None => tracing::warn!(target: "agent", path = %path.display(), "skipped: it is longer than {LONGEST} bytes"),
        }
    }
    Ok(all)
}

/// `None` for one that is too long.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    if fs::metadata(path)?.len() > LONGEST { Ok(None) } else { fs::read(path).map(Some) }
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    serde_json::from_value(without_nulls(serde_json::from_slice(text)?))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use api::agent::CheckDefinition;
    use api::catalog::ServiceRow;

    #[test]
    fn an_instance_is_on_the_disk_only_while_its_checks_are() {
        let id = || "a".to_owned();
        let service =
            || StoredService { token: String::new(), sidecar_of: String::new(), service: ServiceRow { id: id(), ..ServiceRow::default() } };
        let check = || StoredCheck { token: String::new(), check: CheckDefinition { check_id: id(), ..CheckDefinition::default() } };
        let order = |mut tasks: Vec<Task>| {
            tasks.sort_by_key(Task::rank);
            tasks.iter().map(Task::thing).collect::<Vec<_>>()
        };
        let (instance, its_check) = (Thing::Service(id()), Thing::Check(id()));
        let registered = vec![Task::Service(id(), Some(service())), Task::Check(id(), Some(check()))];
        assert_eq!(order(registered), [its_check.clone(), instance.clone()]);
        let deregistered = vec![Task::Check(id(), None), Task::Service(id(), None)];
        assert_eq!(order(deregistered), [instance, its_check]);
    }

    #[test]
    fn what_is_refused_is_named_and_the_rest_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::open(Some(dir.path())).unwrap();
        let ttl = |id: &str| StoredTtl { check_id: id.to_owned(), status: "passing".to_owned(), output: String::new(), expires: 1 };
        std::os::unix::fs::symlink("/dev/full", dir.path().join(TTLS).join(file_name("a")).with_extension(UNFINISHED)).unwrap();
        let failed = disk.carry_out(vec![Task::Ttl("a".to_owned(), Some(ttl("a"))), Task::Ttl("b".to_owned(), Some(ttl("b")))]);
        let [(thing, error)] = failed.as_slice() else { unreachable!("{}", failed.len()) };
        assert_eq!((thing, &error.path), (&Thing::Ttl("a".to_owned()), &dir.path().join(TTLS).join(file_name("a"))));
        assert!(dir.path().join(TTLS).join(file_name("b")).exists());
    }
}
