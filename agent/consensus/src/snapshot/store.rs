//! Where snapshots are kept.

use super::format::{CHUNK, Header};
use super::reader::SnapshotReader;
use super::writer::SnapshotWriter;
use crate::OpenError;
use crate::message::SnapshotMetaRecord;
use crate::open::{OWNER_ONLY, sync_dir};
use crate::types::SnapshotMeta;
use bytes::Bytes;
use parking_lot::Mutex;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Snapshots kept: the newest, and the one before it in case the newest turns out to be damaged.
const KEEP: usize = 2;

/// The snapshots of one node.
#[derive(Debug)]
pub(crate) struct SnapshotStore {
    /// `None` keeps them in memory.
    dir: Option<PathBuf>,
    current: Mutex<Option<SnapshotFile>>,
}

/// A complete snapshot. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotFile {
    pub(crate) header: Header,
    body: Arc<Body>,
}

#[derive(Debug)]
enum Body {
    Memory(Bytes),
    /// A file among the kept ones.
    Kept(PathBuf),
    /// A file that goes away with the last handle, unless it is adopted.
    Loose(PathBuf),
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Self::Loose(path) = self {
            // A rename has taken it away, or it is of no use; what is left over goes at the next start.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl SnapshotStore {
    /// Snapshots in memory, for a node without a data directory.
    pub(crate) fn memory() -> Self {
        Self { dir: None, current: Mutex::default() }
    }

    /// Snapshots in `dir`. Every one is read through: a damaged one is passed over, but not if no other is left.
    pub(crate) fn open(dir: PathBuf) -> Result<Self, OpenError> {
        let fail = |source| OpenError::Io { path: dir.display().to_string(), source };
        let mut names = Vec::new();
        for file in std::fs::read_dir(&dir).map_err(fail)? {
            let path = file.map_err(fail)?.path();
            match Name::parse(&path) {
                Some(name) => names.push((name, path)),
                None if path.extension().is_some_and(|e| e == "part") => std::fs::remove_file(&path).map_err(fail)?,
                None => tracing::warn!(path = %path.display(), "not a snapshot"),
            }
        }
        names.sort_by_key(|(name, _)| std::cmp::Reverse(*name));
        let mut damage = None;
        for (_, path) in names {
            match verify(&path) {
                Ok(header) => {
                    let newest = SnapshotFile { header, body: Arc::new(Body::Kept(path)) };
                    return Ok(Self { dir: Some(dir), current: Mutex::new(Some(newest)) });
                }
                Err(error) => {
                    tracing::error!(path = %path.display(), %error, "damaged snapshot");
                    damage.get_or_insert_with(|| OpenError::damaged(&path.display().to_string(), "a snapshot", error));
                }
            }
        }
        match damage {
            Some(error) => Err(error),
            None => Ok(Self { dir: Some(dir), current: Mutex::default() }),
        }
    }

    /// The newest snapshot.
    pub(crate) fn current(&self) -> Option<SnapshotFile> {
        self.current.lock().clone()
    }

    /// Starts a snapshot. It is not among the kept ones before [`SnapshotStore::adopt`].
    pub(crate) fn begin(&self, meta: SnapshotMetaRecord) -> io::Result<Draft> {
        let (sink, part) = match &self.dir {
            None => (Sink::Memory(Cursor::default()), None),
            Some(dir) => {
                let path = dir.join(format!("{:016x}.part", rand::random::<u64>()));
                let file = File::options().read(true).write(true).create_new(true).mode(OWNER_ONLY).open(&path)?;
                (Sink::File(file), Some(Body::Loose(path)))
            }
        };
        Ok(Draft { out: SnapshotWriter::begin(sink, meta)?, part })
    }

    /// Makes a snapshot the current one, durably, and drops those no longer kept. A snapshot of another store is copied.
    pub(crate) fn adopt(&self, snapshot: SnapshotFile) -> io::Result<SnapshotFile> {
        let adopted = match (&self.dir, &*snapshot.body) {
            (None, Body::Memory(_)) => snapshot,
            (Some(dir), Body::Kept(path)) if path.parent() == Some(dir) => snapshot,
            (Some(dir), Body::Loose(path)) if path.parent() == Some(dir) => {
                let kept = dir.join(Name::new(&snapshot.header.meta).file_name());
                std::fs::rename(path, &kept)?;
                sync_dir(dir)?;
                SnapshotFile { header: snapshot.header, body: Arc::new(Body::Kept(kept)) }
            }
            _ => {
                let mut draft = self.begin(snapshot.header.meta.clone())?;
                io::copy(&mut snapshot.open()?, &mut draft)?;
                return self.adopt(draft.finish()?);
            }
        };
        {
            let mut current = self.current.lock();
            // One that was being built may finish after a newer one was installed.
            if current.as_ref().is_none_or(|current| current.covers() <= adopted.covers()) {
                *current = Some(adopted.clone());
            }
        }
        self.prune()?;
        Ok(adopted)
    }

    fn prune(&self) -> io::Result<()> {
        let Some(dir) = &self.dir else { return Ok(()) };
        let mut names = Vec::new();
        for file in std::fs::read_dir(dir)? {
            let path = file?.path();
            names.extend(Name::parse(&path).map(|name| (name, path)));
        }
        names.sort_by_key(|(name, _)| std::cmp::Reverse(*name));
        names.into_iter().skip(KEEP).try_for_each(|(_, path)| std::fs::remove_file(path))
    }
}

impl SnapshotFile {
    /// Its meta data as openraft knows it.
    pub(crate) fn meta(&self) -> io::Result<SnapshotMeta> {
        self.header.meta.meta().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Index and term of the last entry it covers.
    fn covers(&self) -> Option<(u64, u64)> {
        self.header.meta.last.map(|last| (last.index, last.term))
    }

    /// Opens it for reading. Blocks.
    pub(crate) fn open(&self) -> io::Result<SnapshotReader<Box<dyn Read + Send>>> {
        let input: Box<dyn Read + Send> = match &*self.body {
            Body::Memory(bytes) => Box::new(Cursor::new(bytes.clone())),
            Body::Kept(path) | Body::Loose(path) => Box::new(BufReader::with_capacity(CHUNK, File::open(path)?)),
        };
        SnapshotReader::open(input)
    }
}

/// A snapshot being written. Dropping it leaves nothing behind.
pub(crate) struct Draft {
    out: SnapshotWriter<Sink>,
    part: Option<Body>,
}

impl Draft {
    /// Completes and syncs it.
    pub(crate) fn finish(self) -> io::Result<SnapshotFile> {
        let (sink, header) = self.out.finish()?;
        let body = match (sink, self.part) {
            (Sink::File(file), Some(part)) => {
                file.sync_all()?;
                part
            }
            (Sink::Memory(bytes), _) => Body::Memory(bytes.into_inner().into()),
            (Sink::File(_), None) => return Err(io::Error::other("a snapshot file without a name")),
        };
        Ok(SnapshotFile { header, body: Arc::new(body) })
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

enum Sink {
    File(File),
    Memory(Cursor<Vec<u8>>),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Memory(memory) => memory.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Memory(memory) => memory.flush(),
        }
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Memory(memory) => memory.seek(to),
        }
    }
}

/// `<term>-<index>-<ms>.snap`; greater is newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    index: u64,
    term: u64,
    unix_ms: u64,
}

impl Name {
    fn new(meta: &SnapshotMetaRecord) -> Self {
        let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        let (term, index) = meta.last.map_or((0, 0), |last| (last.term, last.index));
        Self { index, term, unix_ms }
    }

    fn parse(path: &Path) -> Option<Self> {
        let mut parts = path.file_name()?.to_str()?.strip_suffix(".snap")?.split('-').map(str::parse);
        let (term, index, unix_ms) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        parts.next().is_none().then_some(Self { index, term, unix_ms })
    }

    fn file_name(self) -> String {
        format!("{}-{}-{}.snap", self.term, self.index, self.unix_ms)
    }
}

/// Reads a file through.
fn verify(path: &Path) -> io::Result<Header> {
    let mut reader = SnapshotReader::open(BufReader::with_capacity(CHUNK, File::open(path)?))?;
    while reader.next_chunk()?.is_some() {}
    Ok(reader.header().clone())
}
