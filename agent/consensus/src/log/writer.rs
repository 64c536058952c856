//! The one thread that writes the log.

use super::counters::LogCounters;
use super::record::seal;
use super::storage;
use super::tables::{COMMITTED, LOG, META, PURGED, VOTE, put};
use super::tail::{Tail, weight};
use crate::fatal::Fatal;
use crate::message::{EntryRecord, LogIdRecord, VoteRecord};
use crate::types::{Entry, LogId, TypeConfig, Vote};
use openraft::storage::IOFlushed;
use parking_lot::Mutex;
use redb::Database;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// Bounds of one commit, so that the first in a group does not wait for a flood behind it.
const GROUP_JOBS: usize = 1024;
const GROUP_BYTES: usize = 8 << 20;

/// Something to make durable. Jobs take effect in the order they are sent.
pub(super) enum Job {
    Append {
        entries: Vec<Entry>,
        done: IOFlushed<TypeConfig>,
    },
    Vote {
        vote: Vote,
        done: oneshot::Sender<io::Result<()>>,
    },
    /// Rides along with the next commit: losing it costs a slower restart, no data.
    Committed(LogId),
    Truncate {
        last: Option<LogId>,
        done: oneshot::Sender<io::Result<()>>,
    },
    Purge(LogId),
}

impl Job {
    fn bytes(&self) -> usize {
        match self {
            Self::Append { entries, .. } => entries.iter().map(weight).sum(),
            Self::Vote { .. } | Self::Committed(_) | Self::Truncate { .. } | Self::Purge(_) => 0,
        }
    }
}

pub(super) struct Writer {
    pub(super) db: Arc<Database>,
    pub(super) tail: Arc<Mutex<Tail>>,
    pub(super) counters: Arc<LogCounters>,
    pub(super) fatal: Fatal,
    /// Reused for every record.
    pub(super) record: Vec<u8>,
}

impl Writer {
    /// Runs until every sender is gone, then writes what is left.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP_JOBS);
        while let Some(job) = jobs.blocking_recv() {
            let mut bytes = job.bytes();
            group.push(job);
            while group.len() < GROUP_JOBS && bytes < GROUP_BYTES {
                let Ok(job) = jobs.try_recv() else { break };
                bytes += job.bytes();
                group.push(job);
            }
            if group.iter().any(|job| !matches!(job, Job::Committed(_))) {
                self.settle(&mut group);
            } else if group.len() >= GROUP_JOBS {
                group.drain(..group.len() - 1);
            }
        }
        if !group.is_empty() {
            self.settle(&mut group);
        }
    }

    /// Commits a group and answers everyone in it.
    fn settle(&mut self, group: &mut Vec<Job>) {
        let result = match self.fatal.raised() {
            // The disk is not to be trusted any more: touch nothing.
            Some(error) => Err(error),
            None => self.commit(group).map_err(|error| self.fatal.raise("writing the raft log", storage(error))),
        };
        for job in group.drain(..) {
            let result = result.clone().map_err(io::Error::other);
            match job {
                Job::Append { entries, done } => {
                    if let (Ok(()), Some(last)) = (&result, entries.last()) {
                        self.tail.lock().flushed(last.log_id.index + 1);
                    }
                    done.io_completed(result);
                }
                // Whoever asked may be gone; the work is done all the same.
                Job::Vote { done, .. } | Job::Truncate { done, .. } => drop(done.send(result)),
                Job::Committed(_) | Job::Purge(_) => {}
            }
        }
    }

    fn commit(&mut self, group: &[Job]) -> Result<(), redb::Error> {
        let started = Instant::now();
        let (mut count, mut bytes) = (0, 0);
        let write = self.db.begin_write()?;
        {
            let mut log = write.open_table(LOG)?;
            let mut meta = write.open_table(META)?;
            for job in group {
                match job {
                    Job::Append { entries, .. } => {
                        for entry in entries {
                            seal(&EntryRecord::from(entry), &mut self.record);
                            log.insert(entry.log_id.index, self.record.as_slice())?;
                            (count, bytes) = (count + 1, bytes + self.record.len() as u64);
                        }
                    }
                    Job::Vote { vote, .. } => put(&mut meta, VOTE, &VoteRecord::from(vote))?,
                    Job::Committed(committed) => put(&mut meta, COMMITTED, &LogIdRecord::from(committed))?,
                    Job::Truncate { last, .. } => log.retain_in(last.map_or(0, |last| last.index + 1).., |_, _| false)?,
                    Job::Purge(upto) => {
                        log.retain_in(..=upto.index, |_, _| false)?;
                        put(&mut meta, PURGED, &LogIdRecord::from(upto))?;
                    }
                }
            }
        }
        write.commit()?;
        self.counters.committed(count, bytes, started.elapsed());
        Ok(())
    }
}
