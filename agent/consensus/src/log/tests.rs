//! The log against openraft's own suite, a disk that loses power, and a disk that fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::crash::Disk;
use super::{Log, LogOpen, LogOptions};
use crate::clock::StateClock;
use crate::fatal::Fatal;
use crate::journal::Journal;
use crate::replica::Replica;
use crate::snapshot::SnapshotStore;
use crate::types::{Entry, LogId, Payload, TypeConfig, Vote, log_id};
use crate::{OpenError, Proposal, RaftId};
use bytes::Bytes;
use openraft::storage::{IOFlushed, RaftLogStorage};
use openraft::testing::log::{StoreBuilder, Suite};
use openraft::type_config::TypeConfigExt;
use openraft::{RaftLogReader, StorageError};
use proptest::prelude::*;
use redb::backends::InMemoryBackend;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

fn open_on(backend: impl redb::StorageBackend, fatal: &Fatal) -> Result<LogOpen, OpenError> {
    let db = redb::Database::builder().create_with_backend(backend).map_err(|e| OpenError::storage("test", e))?;
    let options = LogOptions { cache_bytes: 4 << 10, ..LogOptions::default() };
    Log::open(db, "test", ("node", 1), options, Arc::new(StateClock::default()), fatal.clone())
}

fn entry(term: u64, index: u64, size: usize) -> Entry {
    let body = Bytes::from(vec![u8::try_from(index % 251).unwrap(); size]);
    Entry { log_id: log_id(term, index), payload: Payload::Normal(Proposal { stamp_ms: index, seed: term, body, unix_ms: 0 }) }
}

/// Hands entries to the log; the result arrives after the fsync.
async fn append(log: &mut Log, entries: Vec<Entry>) -> impl Future<Output = io::Result<()>> + use<> {
    let (done, flushed) = TypeConfig::oneshot();
    let handed = log.append(entries, IOFlushed::signal(done)).await;
    async move {
        handed?;
        flushed.await.map_err(io::Error::other)?
    }
}

async fn read_all(log: &mut Log) -> Vec<Entry> {
    log.get_log_reader().await.try_get_log_entries(..).await.unwrap()
}

struct Builder;

impl StoreBuilder<TypeConfig, Log, Replica, tempfile::TempDir> for Builder {
    async fn build(&self) -> Result<(tempfile::TempDir, Log, Replica), StorageError<TypeConfig>> {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = Arc::new(SnapshotStore::open(dir.path().to_owned()).unwrap());
        let open = open_on(InMemoryBackend::new(), &Fatal::default()).unwrap();
        Ok((dir, open.log, Replica::new(Box::new(Journal::default()), snapshots, Arc::default(), Arc::default())))
    }
}

#[test]
fn passes_the_suite_of_openraft() {
    TypeConfig::run(async { Suite::test_all(Builder).await }).unwrap();
}

#[tokio::test]
async fn a_restart_finds_everything() {
    let (disk, fatal) = (Disk::default(), Fatal::default());
    {
        let LogOpen { mut log, closed, used, .. } = open_on(disk.clone(), &fatal).unwrap();
        assert!(!used);
        log.save_vote(&Vote::new_committed(3, RaftId(7))).await.unwrap();
        append(&mut log, (0..50).map(|i| entry(3, i, 200)).collect()).await.await.unwrap();
        log.save_committed(Some(log_id(3, 40))).await.unwrap();
        log.truncate_after(Some(log_id(3, 44))).await.unwrap();
        log.purge(log_id(3, 9)).await.unwrap();
        drop(log);
        closed.await.unwrap();
    }
    let LogOpen { mut log, used, identity, .. } = open_on(disk, &fatal).unwrap();
    assert!(used);
    assert_eq!((identity.node_id.as_str(), identity.incarnation), ("node", 1));
    assert_eq!(log.get_log_reader().await.read_vote().await.unwrap(), Some(Vote::new_committed(3, RaftId(7))));
    assert_eq!(log.read_committed().await.unwrap(), Some(log_id(3, 40)));
    assert_eq!(read_all(&mut log).await, (10..45).map(|i| entry(3, i, 200)).collect::<Vec<_>>());
    assert_eq!(fatal.raised(), None);
}

#[tokio::test]
async fn a_log_of_another_node_is_refused() {
    let disk = Disk::default();
    let LogOpen { log, closed, .. } = open_on(disk.clone(), &Fatal::default()).unwrap();
    drop(log);
    closed.await.unwrap();
    let db = redb::Database::builder().create_with_backend(disk).unwrap();
    let refused = Log::open(db, "raft.db", ("other", 2), LogOptions::default(), Arc::default(), Fatal::default()).err().unwrap();
    assert_eq!(refused.to_string(), "raft.db: belongs to node node, expected node other");
}

#[tokio::test]
async fn what_arrives_during_a_commit_shares_the_next() {
    let disk = Disk::default();
    let LogOpen { mut log, counters, .. } = open_on(disk.clone(), &Fatal::default()).unwrap();
    disk.hold();
    let mut waiting = Vec::new();
    for i in 0..100 {
        waiting.push(append(&mut log, vec![entry(1, i, 10)]).await);
    }
    // Readable before it is durable.
    assert_eq!(read_all(&mut log).await.len(), 100);
    assert_eq!(counters.commits(), 0);
    disk.release();
    for one in waiting {
        one.await.unwrap();
    }
    assert_eq!(counters.entries(), 100);
    // One group was under way, at most one more had formed when the first job was taken.
    assert!(counters.commits() <= 2, "{} commits", counters.commits());
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_written_again() {
    let (disk, fatal) = (Disk::default(), Fatal::default());
    let LogOpen { mut log, .. } = open_on(disk.clone(), &fatal).unwrap();
    append(&mut log, vec![entry(1, 0, 10)]).await.await.unwrap();
    disk.fail_syncs();
    append(&mut log, vec![entry(1, 1, 10)]).await.await.unwrap_err();
    assert!(fatal.raised().unwrap().to_string().contains("the disk is gone"));
    let operations = disk.operations();
    append(&mut log, vec![entry(1, 2, 10)]).await.await.unwrap_err();
    log.save_vote(&Vote::new(9, RaftId(1))).await.unwrap_err();
    assert_eq!(disk.operations(), operations);
}

#[tokio::test]
async fn a_replication_call_is_bounded_in_bytes() {
    let LogOpen { mut log, .. } = open_on(Disk::default(), &Fatal::default()).unwrap();
    append(&mut log, (0..16).map(|i| entry(1, i, 300 << 10)).collect()).await.await.unwrap();
    let mut reader = log.get_log_reader().await;
    for start in [0, 12, 15] {
        let entries = reader.limited_get_log_entries(start, 16).await.unwrap();
        assert!(!entries.is_empty() && entries.len() <= 4, "{} entries", entries.len());
        assert_eq!(entries[0].log_id.index, start);
    }
}

/// Something raft asks of its log.
#[derive(Clone, Debug)]
enum Step {
    Append { count: u64, size: usize },
    Vote,
    Truncate { keep: u64 },
    Purge { drop: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1..20_u64, 0..3000_usize).prop_map(|(count, size)| Step::Append { count, size }),
        1 => Just(Step::Vote),
        1 => (0..10_u64).prop_map(|keep| Step::Truncate { keep }),
        1 => (0..10_u64).prop_map(|drop| Step::Purge { drop }),
    ];
    proptest::collection::vec(step, 1..25)
}

/// What must be found after the power failed.
#[derive(Default)]
struct Promised {
    entries: BTreeMap<u64, Entry>,
    vote: Option<Vote>,
}

async fn run(disk: &Disk, steps: Vec<Step>) -> Promised {
    let mut promised = Promised::default();
    let LogOpen { mut log, .. } = open_on(disk.clone(), &Fatal::default()).unwrap();
    let (mut next, mut purged, mut term): (u64, Option<u64>, u64) = (0, None, 1);
    let mut ids: BTreeMap<u64, LogId> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Append { count, size } => {
                let entries: Vec<Entry> = (next..next + count).map(|i| entry(term, i, size)).collect();
                next += count;
                ids.extend(entries.iter().map(|e| (e.log_id.index, e.log_id)));
                append(&mut log, entries.clone()).await.await.unwrap();
                disk.powered(|| promised.entries.extend(entries.into_iter().map(|e| (e.log_id.index, e))));
            }
            Step::Vote => {
                term += 1;
                let vote = Vote::new(term, RaftId(term));
                log.save_vote(&vote).await.unwrap();
                disk.powered(|| promised.vote = Some(vote));
            }
            Step::Truncate { keep } => {
                let lowest = purged.map_or(0, |purged| purged + 1);
                next = next.saturating_sub(keep).max(lowest);
                let last: Option<LogId> = next.checked_sub(1).map(|index| ids[&index]);
                // From here on they may be gone.
                disk.powered(|| promised.entries.retain(|index, _| *index < next));
                term += 1;
                log.truncate_after(last).await.unwrap();
            }
            Step::Purge { drop } => {
                let upto = purged.map_or(0, |purged| purged + 1) + drop;
                if upto < next {
                    purged = Some(upto);
                    disk.powered(|| promised.entries.retain(|index, _| *index > upto));
                    log.purge(ids[&upto]).await.unwrap();
                }
            }
        }
    }
    promised
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever was acknowledged before the power failed is there after a restart, and what is there makes sense.
    #[test]
    fn no_acknowledged_entry_is_ever_lost(steps in steps(), fails_at in 1..600_u64, seed: u64) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let disk = Disk::failing(fails_at, seed);
            let promised = run(&disk, steps).await;
            let reopened = open_on(Disk::from_image(disk.image()), &Fatal::default());
            let LogOpen { mut log, .. } = match reopened {
                Ok(open) => open,
                // The power failed while the file was made: there was nothing to lose.
                Err(error) => {
                    prop_assert!(promised.entries.is_empty() && promised.vote.is_none(), "{error}");
                    return Ok(());
                }
            };
            let found: BTreeMap<u64, Entry> = read_all(&mut log).await.into_iter().map(|e| (e.log_id.index, e)).collect();
            for (index, entry) in &promised.entries {
                prop_assert_eq!(found.get(index), Some(entry));
            }
            let vote = log.get_log_reader().await.read_vote().await.unwrap();
            prop_assert!(vote >= promised.vote);
            Ok(())
        })?;
    }
}
