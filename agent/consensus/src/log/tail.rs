//! The end of the log in memory.

use crate::types::{Entry, LogId, Payload, Vote};
use std::collections::VecDeque;
use std::ops::Range;

/// The newest entries, and all that is known about the log without reading it. Entries that are not on disk yet are always here, so
/// that replication starts before the fsync; below them, as many as the budget allows, so that it does not read the disk at all.
pub(super) struct Tail {
    entries: VecDeque<Entry>,
    /// The index of `entries[0]`, or of the next entry if there is none.
    first: u64,
    /// Bytes held by `entries`, and how many they may be.
    bytes: usize,
    budget: usize,
    /// Entries below this index are on disk.
    flushed: u64,
    pub(super) last: Option<LogId>,
    pub(super) purged: Option<LogId>,
    pub(super) vote: Option<Vote>,
    pub(super) committed: Option<LogId>,
}

impl Tail {
    /// The tail of a log just opened: all of it is on disk, none of it here.
    pub(super) fn new(last: Option<LogId>, purged: Option<LogId>, vote: Option<Vote>, committed: Option<LogId>, budget: usize) -> Self {
        let next = last.map_or(0, |last| last.index + 1);
        Self { entries: VecDeque::new(), first: next, bytes: 0, budget, flushed: next, last, purged, vote, committed }
    }

    /// One above the last index.
    pub(super) fn next(&self) -> u64 {
        self.last.map_or(0, |last| last.index + 1)
    }

    /// The lowest index that was not purged.
    pub(super) fn lowest(&self) -> u64 {
        self.purged.map_or(0, |purged| purged.index + 1)
    }

    /// Puts an entry at the end. `false` if it would leave a gap.
    pub(super) fn push(&mut self, entry: Entry) -> bool {
        if self.last.is_some() && entry.log_id.index != self.next() {
            return false;
        }
        if self.entries.is_empty() {
            self.first = entry.log_id.index;
        }
        self.last = Some(entry.log_id);
        self.bytes += weight(&entry);
        self.entries.push_back(entry);
        true
    }

    /// Entries below `index` are on disk now, and may go when space is short.
    pub(super) fn flushed(&mut self, index: u64) {
        self.flushed = self.flushed.max(index).min(self.next());
        while self.bytes > self.budget && self.first < self.flushed {
            self.pop();
        }
    }

    /// Drops every entry from `index` on.
    pub(super) fn truncate(&mut self, last: Option<LogId>) {
        let next = last.map_or(0, |last| last.index + 1);
        while self.entries.back().is_some_and(|entry| entry.log_id.index >= next) {
            if let Some(entry) = self.entries.pop_back() {
                self.bytes -= weight(&entry);
            }
        }
        self.last = last;
        self.first = self.first.min(next);
        self.flushed = self.flushed.min(next);
    }

    /// Drops every entry up to `upto`, which may be above the last: then the log goes on from there.
    pub(super) fn purge(&mut self, upto: LogId) {
        while self.entries.front().is_some_and(|entry| entry.log_id.index <= upto.index) {
            self.pop();
        }
        if self.last.is_none_or(|last| last.index <= upto.index) {
            self.last = Some(upto);
        }
        self.purged = self.purged.max(Some(upto));
        self.first = self.first.max(upto.index + 1);
        self.flushed = self.flushed.max(upto.index + 1);
    }

    /// Splits `range`, cut to what the log has, into indexes that only the disk has and entries that are here.
    pub(super) fn split(&self, range: Range<u64>) -> (Range<u64>, Vec<Entry>) {
        let start = range.start.max(self.lowest());
        let end = range.end.min(self.next());
        if start >= end {
            return (start..start, Vec::new());
        }
        let here = start.max(self.first)..end;
        let skip = usize::try_from(here.start.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let take = usize::try_from(here.end.saturating_sub(here.start)).unwrap_or(usize::MAX);
        (start..end.min(self.first).max(start), self.entries.iter().skip(skip).take(take).cloned().collect())
    }

    fn pop(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.bytes -= weight(&entry);
            self.first = entry.log_id.index + 1;
        }
    }
}

/// Bytes an entry holds, about.
pub(super) fn weight(entry: &Entry) -> usize {
    const FIXED: usize = 128;
    match &entry.payload {
        Payload::Normal(proposal) => FIXED + proposal.body.len(),
        Payload::Blank => FIXED,
        Payload::Membership(membership) => FIXED + membership.nodes().count() * FIXED,
    }
}
