//! Reading the log while it is written.

use super::record::unseal;
use super::tables::LOG;
use super::tail::{Tail, weight};
use super::{LogOptions, storage};
use crate::message::EntryRecord;
use crate::types::{Entry, TypeConfig, Vote};
use openraft::RaftLogReader;
use parking_lot::Mutex;
use redb::{Database, ReadableDatabase};
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, Range, RangeBounds};
use std::sync::Arc;

/// A handle that reads the log: from memory where it can, else from disk on a thread where blocking is allowed.
#[derive(Clone)]
pub(crate) struct LogReader {
    pub(super) db: Arc<Database>,
    pub(super) tail: Arc<Mutex<Tail>>,
    pub(super) options: LogOptions,
}

impl LogReader {
    /// Entries of `range` that the log has, without a gap; at most `budget` bytes beyond the first entry.
    async fn read(&self, range: Range<u64>, budget: usize) -> io::Result<Vec<Entry>> {
        let (on_disk, here) = self.tail.lock().split(range);
        let mut entries = if on_disk.is_empty() {
            Vec::new()
        } else {
            let db = Arc::clone(&self.db);
            let read = tokio::task::spawn_blocking(move || read_range(&db, on_disk, budget));
            read.await.map_err(io::Error::other)??
        };
        let mut bytes: usize = entries.iter().map(weight).sum();
        for entry in here {
            bytes = bytes.saturating_add(weight(&entry));
            if bytes > budget && !entries.is_empty() {
                break;
            }
            if entries.last().is_some_and(|last| last.log_id.index + 1 != entry.log_id.index) {
                // The disk part was cut short by its budget.
                break;
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

fn read_range(db: &Database, range: Range<u64>, budget: usize) -> io::Result<Vec<Entry>> {
    let read = db.begin_read().map_err(storage)?;
    let log = read.open_table(LOG).map_err(storage)?;
    let (mut entries, mut bytes): (Vec<Entry>, usize) = (Vec::new(), 0);
    for row in log.range(range).map_err(storage)? {
        let (index, record) = row.map_err(storage)?;
        let entry = open_entry(index.value(), record.value())?;
        bytes = bytes.saturating_add(weight(&entry));
        if bytes > budget && !entries.is_empty() {
            break;
        }
        if let Some(last) = entries.last().filter(|last| last.log_id.index + 1 != entry.log_id.index) {
            return Err(io::Error::other(format!("raft.db: a gap after entry {}", last.log_id.index)));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Decodes the entry stored under `index`.
pub(super) fn open_entry(index: u64, record: &[u8]) -> io::Result<Entry> {
    let damaged = |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, format!("raft.db: entry {index}: {error}"));
    let entry = unseal::<EntryRecord>("log entry", record).and_then(EntryRecord::into_entry).map_err(|error| damaged(&error))?;
    if entry.log_id.index != index {
        return Err(damaged(&format_args!("it says it is entry {}", entry.log_id.index)));
    }
    Ok(entry)
}

impl RaftLogReader<TypeConfig> for LogReader {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + Send>(&mut self, range: RB) -> io::Result<Vec<Entry>> {
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(end) => end.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => u64::MAX,
        };
        self.read(start..end, usize::MAX).await
    }

    /// What replication sends in one call: bounded in bytes, for the entries of a bulk load are large.
    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> io::Result<Vec<Entry>> {
        self.read(start..end, self.options.payload_bytes).await
    }

    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.tail.lock().vote)
    }
}
