//! The log as openraft uses it.

use super::counters::LogCounters;
use super::identity::Identity;
use super::reader::{LogReader, open_entry};
use super::storage;
use super::tables::{COMMITTED, LOG, META, PURGED, ReadError, VOTE, get};
use super::tail::Tail;
use super::writer::{Job, Writer};
use crate::OpenError;
use crate::clock::StateClock;
use crate::fatal::Fatal;
use crate::message::{LogIdRecord, VoteRecord};
use crate::types::{Entry, LogId, Payload, TypeConfig, Vote};
use openraft::LogState;
use openraft::storage::{IOFlushed, RaftLogStorage};
use parking_lot::Mutex;
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata};
use std::io;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait for the writer; openraft waits when it is full.
const QUEUE: usize = 4096;

/// Bounds of the log's memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogOptions {
    /// Bytes of the newest entries kept in memory; what is not on disk yet comes on top.
    pub(crate) cache_bytes: usize,
    /// Bytes of entries in one replication call.
    pub(crate) payload_bytes: usize,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { cache_bytes: 32 << 20, payload_bytes: 1 << 20 }
    }
}

/// The log: openraft's one writing handle. Dropping it ends the writer after all that was handed in is written.
pub(crate) struct Log {
    reader: LogReader,
    jobs: mpsc::Sender<Job>,
    clock: Arc<StateClock>,
}

/// A log just opened, and what is known of it.
pub(crate) struct LogOpen {
    pub(crate) log: Log,
    pub(crate) identity: Identity,
    pub(crate) counters: Arc<LogCounters>,
    /// Whether it held anything but its identity: then this node has voted or written before.
    pub(crate) used: bool,
    /// Resolves when the writer has ended and let go of the file.
    pub(crate) closed: oneshot::Receiver<()>,
}

impl Log {
    /// Opens the log in `db`; `path` names it in errors. A new log is claimed for `node_id` under `incarnation`.
    pub(crate) fn open(
        db: Database,
        path: &str,
        (node_id, incarnation): (&str, u64),
        options: LogOptions,
        clock: Arc<StateClock>,
        fatal: Fatal,
    ) -> Result<LogOpen, OpenError> {
        let identity = Identity::claim(&db, path, node_id, incarnation)?;
        let tail = load(&db, path, options, &clock)?;
        let used = tail.vote.is_some() || tail.last.is_some();
        let (db, tail, counters) = (Arc::new(db), Arc::new(Mutex::new(tail)), Arc::new(LogCounters::default()));
        let writer = Writer { db: Arc::clone(&db), tail: Arc::clone(&tail), counters: Arc::clone(&counters), fatal, record: Vec::new() };
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (ended, closed) = oneshot::channel();
        std::thread::Builder::new()
            .name("raft-log".to_owned())
            .spawn(move || {
                writer.run(queue);
                // Nobody may be waiting for the end.
                let _ = ended.send(());
            })
            .map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        Ok(LogOpen { log: Self { reader: LogReader { db, tail, options }, jobs, clock }, identity, counters, used, closed })
    }

    async fn send(&self, job: Job) -> io::Result<()> {
        self.jobs.send(job).await.map_err(|_| io::Error::other("raft.db: the writer has ended"))
    }

    async fn durable(&self, job: Job, done: oneshot::Receiver<io::Result<()>>) -> io::Result<()> {
        self.send(job).await?;
        done.await.map_err(|_| io::Error::other("raft.db: the writer has ended"))?
    }
}

/// Reads what a tail knows, and checks that the log has no gap.
fn load(db: &Database, path: &str, options: LogOptions, clock: &StateClock) -> Result<Tail, OpenError> {
    let fail = |error: redb::Error| OpenError::storage(path, error);
    let read = db.begin_read().map_err(|e| fail(e.into()))?;
    let (log, meta) = (read.open_table(LOG).map_err(|e| fail(e.into()))?, read.open_table(META).map_err(|e| fail(e.into()))?);
    let record = |error| match error {
        ReadError::Storage(error) => fail(error.into()),
        ReadError::Malformed(error) => OpenError::damaged(path, "a record with a valid checksum", error),
    };
    let vote = get::<VoteRecord>(&meta, VOTE).map_err(record)?.map(Vote::from);
    let committed = get::<LogIdRecord>(&meta, COMMITTED).map_err(record)?.map(LogId::from);
    let purged = get::<LogIdRecord>(&meta, PURGED).map_err(record)?.map(LogId::from);
    let first = log.first().map_err(|e| fail(e.into()))?.map(|(index, _)| index.value());
    let mut last = purged;
    // Newest first, until one says what time it is: the entries after it are the few blank and membership ones.
    for row in log.iter().map_err(|e| fail(e.into()))?.rev() {
        let (index, bytes) = row.map_err(|e| fail(e.into()))?;
        let entry =
            open_entry(index.value(), bytes.value()).map_err(|error| OpenError::damaged(path, "an entry with a valid checksum", error))?;
        last = last.max(Some(entry.log_id));
        if let Payload::Normal(proposal) = entry.payload {
            clock.observe(proposal.stamp_ms);
            break;
        }
    }
    if let (Some(first), Some(last)) = (first, last) {
        let count = log.len().map_err(|e| fail(e.into()))?;
        let expected = last.index + 1 - first;
        if count != expected || purged.is_some_and(|purged| purged.index + 1 != first) {
            let found = format_args!("{count} entries from {first} to {}", last.index).to_string();
            return Err(OpenError::damaged(path, "a log without gaps", found));
        }
    }
    Ok(Tail::new(last, purged, vote, committed, options.cache_bytes))
}

impl RaftLogStorage<TypeConfig> for Log {
    type LogReader = LogReader;

    async fn get_log_state(&mut self) -> io::Result<LogState<TypeConfig>> {
        let tail = self.reader.tail.lock();
        Ok(LogState { last_purged_log_id: tail.purged, last_log_id: tail.last })
    }

    async fn get_log_reader(&mut self) -> LogReader {
        self.reader.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        let (done, saved) = oneshot::channel();
        self.durable(Job::Vote { vote: *vote, done }, saved).await?;
        self.reader.tail.lock().vote = Some(*vote);
        Ok(())
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> io::Result<()> {
        let Some(committed) = committed else { return Ok(()) };
        self.reader.tail.lock().committed = Some(committed);
        self.send(Job::Committed(committed)).await
    }

    async fn read_committed(&mut self) -> io::Result<Option<LogId>> {
        let tail = self.reader.tail.lock();
        // The hint may be of entries that were cut off by damage elsewhere: never promise more than is there.
        Ok(tail.committed.min(tail.last))
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<TypeConfig>) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + Send,
        I::IntoIter: Send,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        {
            let mut tail = self.reader.tail.lock();
            for entry in &entries {
                if !tail.push(entry.clone()) {
                    return Err(storage(redb::Error::Io(io::Error::other(format!("entry {} would leave a gap", entry.log_id.index)))));
                }
                if let Payload::Normal(proposal) = &entry.payload {
                    self.clock.observe(proposal.stamp_ms);
                }
            }
        }
        self.send(Job::Append { entries, done: callback }).await
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> io::Result<()> {
        let last = {
            let mut tail = self.reader.tail.lock();
            let last = last.max(tail.purged).min(tail.last);
            tail.truncate(last);
            last
        };
        let (done, truncated) = oneshot::channel();
        self.durable(Job::Truncate { last, done }, truncated).await
    }

    /// Takes effect at once and reaches the disk with the next commit: until then the entries merely take space.
    async fn purge(&mut self, upto: LogId) -> io::Result<()> {
        self.reader.tail.lock().purge(upto);
        self.send(Job::Purge(upto)).await
    }
}
