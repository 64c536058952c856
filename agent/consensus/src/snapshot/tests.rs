#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::message::{LogIdRecord, MembershipRecord, SnapshotMetaRecord, StoredMembershipRecord};
use std::io::{Read, Write};
use std::path::Path;

fn meta(index: u64) -> SnapshotMetaRecord {
    let membership = StoredMembershipRecord { log_id: None, membership: Some(MembershipRecord::default()) };
    SnapshotMetaRecord { last: Some(LogIdRecord { term: 2, index }), membership: Some(membership), stamp_ms: 99 }
}

fn write(store: &SnapshotStore, index: u64, body: &[u8]) -> SnapshotFile {
    let mut draft = store.begin(meta(index)).unwrap();
    draft.write_all(body).unwrap();
    store.adopt(draft.finish().unwrap()).unwrap()
}

fn read(snapshot: &SnapshotFile) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    snapshot.open()?.read_to_end(&mut body).map(|_| body)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The bytes of a header are for ever.
#[test]
fn golden_header() {
    let header = format::Header { meta: meta(7), length: 3 };
    let hex: String = header.encode().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, "44454c4e534e4150010000000c00000003000000000000002daa49f90a0408021007120212001863");
}

#[test]
fn a_body_of_any_length_survives() {
    let dir = tempfile::tempdir().unwrap();
    for store in [SnapshotStore::memory(), SnapshotStore::open(dir.path().to_owned()).unwrap()] {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let body: Vec<u8> = (0..length).map(|i| u8::try_from(i % 253).unwrap()).collect();
            let snapshot = write(&store, length as u64, &body);
            assert_eq!(snapshot.header.length, length as u64);
            assert_eq!(read(&snapshot).unwrap(), body);
        }
    }
}

#[test]
fn two_are_kept_and_drafts_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = SnapshotStore::open(dir.path().to_owned()).unwrap();
    for index in 1..=4 {
        write(&store, index, b"body");
    }
    drop(store.begin(meta(9)).unwrap());
    let kept = names(dir.path());
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept[0].starts_with("2-3-") && kept[1].starts_with("2-4-"), "{kept:?}");
    assert_eq!(SnapshotStore::open(dir.path().to_owned()).unwrap().current().unwrap().header.meta, meta(4));
}

#[test]
fn an_older_one_that_finishes_late_is_not_the_current_one() {
    let store = SnapshotStore::memory();
    write(&store, 10, b"new");
    write(&store, 5, b"old");
    assert_eq!(read(&store.current().unwrap()).unwrap(), b"new");
}

/// Every byte is covered: a flip anywhere is noticed, and the one before it takes its place.
#[test]
fn damage_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let store = SnapshotStore::open(dir.path().to_owned()).unwrap();
    write(&store, 1, b"older");
    write(&store, 2, b"newer");
    let newest = dir.path().join(names(dir.path()).pop().unwrap());
    let good = std::fs::read(&newest).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&newest, bad).unwrap();
        let current = SnapshotStore::open(dir.path().to_owned()).unwrap().current().unwrap();
        assert_eq!(current.header.meta, meta(1), "byte {at}");
    }
    for path in names(dir.path()) {
        std::fs::write(dir.path().join(path), b"rubbish").unwrap();
    }
    let refused = SnapshotStore::open(dir.path().to_owned()).unwrap_err().to_string();
    assert!(refused.contains("2-2-") && refused.contains("expected a snapshot"), "{refused}");
}

#[test]
fn a_snapshot_of_another_store_is_copied() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (SnapshotStore::open(dir.path().to_owned()).unwrap(), SnapshotStore::memory());
    here.adopt(write(&there, 3, b"body")).unwrap();
    assert_eq!(read(&here.current().unwrap()).unwrap(), b"body");
}
