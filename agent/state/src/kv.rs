//! What the key-value operations mean.

use crate::{Apply, Change, Evaluate, Needs, State, Topic, Touch, View};
use api::kv::{Applied, Delete, Entries, Entry, Get, Keys as ListKeys, List, Names, Put, Reap};
use api::{Access, Error, Resource};
use imbl::{OrdMap, OrdSet};
use std::borrow::Borrow;
use std::ops::Bound;
use std::sync::Arc;

/// How long a deleted key still moves the index of its prefixes (Consul's tombstone TTL).
const TOMBSTONE_TTL_MS: u64 = 15 * 60 * 1000;
/// How much is reaped at once at the least, so that a steady trickle of deletes does not become a trickle of reaps.
const TOMBSTONE_GRANULARITY_MS: u64 = 30 * 1000;

/// All keys of a datacenter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Keys {
    pub(crate) entries: OrdSet<Stored>,
    /// Deleted keys, and the index of the delete.
    pub(crate) tombstones: OrdMap<Arc<str>, u64>,
    /// The same by age: (state clock, index, key).
    pub(crate) graves: OrdSet<(u64, u64, Arc<str>)>,
    /// Index of the last change of any key: what a missing key answers with.
    pub(crate) index: u64,
    /// Greatest index of a tombstone that is no more: no prefix answers with less.
    pub(crate) reaped: u64,
    /// Index at which an archive took the place of all keys: nothing here answers with less.
    pub(crate) restored: u64,
}

/// An entry in its place, ordered by key. The key stands in the entry alone, and cloning one is one atomic step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored(pub(crate) Arc<Entry>);

impl Borrow<str> for Stored {
    fn borrow(&self) -> &str {
        &self.0.key
    }
}

impl Eq for Stored {}

impl PartialOrd for Stored {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Stored {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.key.cmp(&other.0.key)
    }
}

impl Keys {
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Entry>> {
        self.from(key).next().filter(|entry| entry.key == key)
    }

    /// Entries whose key is `prefix` or greater, in order.
    fn from<'s>(&'s self, prefix: &str) -> impl Iterator<Item = &'s Arc<Entry>> + use<'s> {
        self.entries.range::<_, str>((Bound::Included(prefix), Bound::Unbounded)).map(|stored| &stored.0)
    }

    pub(crate) fn below<'s>(&'s self, prefix: &'s str) -> impl Iterator<Item = &'s Arc<Entry>> {
        self.from(prefix).take_while(move |entry| entry.key.starts_with(prefix))
    }

    /// The index of a prefix that has entries, greatest of theirs being `newest`.
    fn prefix_index(&self, prefix: &str, newest: u64) -> u64 {
        let graves = self.tombstones.range::<_, str>((Bound::Included(prefix), Bound::Unbounded));
        let dead = graves.take_while(|(key, _)| key.starts_with(prefix)).map(|(_, index)| *index).max();
        newest.max(dead.unwrap_or(0)).max(self.reaped).max(self.restored)
    }

    /// Tombstones that have had their time at `now_ms`.
    pub(crate) fn due(&self, now_ms: u64) -> Option<Reap> {
        let (oldest, ..) = self.graves.get_min()?;
        let overdue = oldest.saturating_add(TOMBSTONE_TTL_MS + TOMBSTONE_GRANULARITY_MS) <= now_ms;
        overdue.then(|| Reap { before_ms: now_ms - TOMBSTONE_TTL_MS })
    }
}

impl Evaluate for Get {
    fn evaluate(&self, view: &View<'_>) -> Result<Entries, Error> {
        view.demand(Resource::Key, Access::Read, &self.key)?;
        let keys = &view.state.kv;
        let found = keys.get(&self.key);
        // Consul answers a missing key with the index of the table, though nothing but this key wakes whoever waits for it.
        view.saw(Topic::Key(self.key.as_str().into()), found.map_or(keys.index, |entry| entry.modify_index.max(keys.restored)));
        if found.is_none() {
            view.found_nothing();
        }
        Ok(Entries { entries: found.map(|entry| (**entry).clone()).into_iter().collect() })
    }
}

impl Evaluate for List {
    fn evaluate(&self, view: &View<'_>) -> Result<Entries, Error> {
        let mut newest = None;
        let visible = view.state.kv.below(&self.prefix).inspect(|entry| newest = newest.max(Some(entry.modify_index)));
        let entries = visible.filter(|entry| view.may(Resource::Key, Access::Read, &entry.key)).map(|entry| (**entry).clone()).collect();
        saw_prefix(view, &self.prefix, newest);
        Ok(Entries { entries })
    }
}

impl Evaluate for ListKeys {
    fn evaluate(&self, view: &View<'_>) -> Result<Names, Error> {
        let mut newest = None;
        let mut names: Vec<String> = Vec::new();
        for entry in view.state.kv.below(&self.prefix) {
            newest = newest.max(Some(entry.modify_index));
            if !view.may(Resource::Key, Access::Read, &entry.key) {
                continue;
            }
            let name = self.cut(&entry.key);
            if names.last().is_none_or(|last| last != name) {
                names.push(name.to_owned());
            }
        }
        saw_prefix(view, &self.prefix, newest);
        Ok(Names { names })
    }
}

trait Cut {
    fn cut<'k>(&self, key: &'k str) -> &'k str;
}

impl Cut for ListKeys {
    /// `key` up to and with the first separator behind the prefix.
    fn cut<'k>(&self, key: &'k str) -> &'k str {
        if self.separator.is_empty() {
            return key;
        }
        let behind = key.get(self.prefix.len()..).unwrap_or("");
        behind.find(&self.separator).map_or(key, |at| key.get(..self.prefix.len() + at + self.separator.len()).unwrap_or(key))
    }
}

fn saw_prefix(view: &View<'_>, prefix: &str, newest: Option<u64>) {
    let keys = &view.state.kv;
    let index = newest.map_or(keys.index, |newest| keys.prefix_index(prefix, newest));
    if newest.is_none() {
        view.found_nothing();
    }
    view.saw(Topic::Prefix(prefix.into()), index);
}

impl Apply for Put {
    fn needs(&self, _: &State, needs: &mut Needs) {
        needs.add(Resource::Key, Access::Write, &self.key);
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Applied, Error> {
        let current = change.state.kv.get(&self.key).cloned();
        if let Some(expected) = self.cas
            && expected != current.as_ref().map_or(0, |entry| entry.modify_index)
        {
            return Ok(Applied { ok: false });
        }
        if let Some(session) = &self.acquire {
            known_session(session)?;
        }
        if self.release.as_deref() == Some("") {
            return Err(Error::failed("missing session"));
        }
        let holder = current.as_ref().map_or("", |entry| &entry.session);
        if let Some(session) = &self.release
            && (holder.is_empty() || holder != session)
        {
            return Ok(Applied { ok: false });
        }
        let releases = self.release.is_some();
        let entry = Entry {
            key: self.key.clone(),
            value: self.value.clone(),
            flags: self.flags,
            session: if releases { String::new() } else { holder.to_owned() },
            // A plain write counts acquisitions anew, as Consul does; a release keeps the count.
            lock_index: current.as_ref().filter(|_| releases).map_or(0, |entry| entry.lock_index),
            ..Entry::default()
        };
        store(change, entry);
        Ok(Applied { ok: true })
    }
}

/// Puts `entry` in its place unless it is there already, and gives it its indexes. An equal write changes no index.
pub(crate) fn store(change: &mut Change<'_>, mut entry: Entry) -> Arc<Entry> {
    let current = change.state.kv.get(&entry.key).cloned();
    if let Some(current) = current {
        (entry.create_index, entry.modify_index) = (current.create_index, current.modify_index);
        if *current == entry {
            return current;
        }
        entry.modify_index = change.index();
    } else {
        entry.create_index = change.index();
        entry.modify_index = entry.create_index;
    }
    let entry = Arc::new(entry);
    change.touch(Touch::Key(entry.key.as_str().into()));
    change.state.kv.index = entry.modify_index;
    change.state.kv.entries.insert(Stored(Arc::clone(&entry)));
    entry
}

/// A session must exist before it locks anything; none can, since this datacenter's servers do not keep sessions yet.
pub(crate) fn known_session(session: &str) -> Result<(), Error> {
    if session.is_empty() {
        return Err(Error::failed("missing session"));
    }
    if session.len() != 36 {
        return Err(Error::failed("failed session lookup: index error: UUID must be 36 characters"));
    }
    Err(Error::failed(format!("invalid session {session:?}")))
}

impl Apply for Delete {
    fn needs(&self, _: &State, needs: &mut Needs) {
        needs.add(Resource::Key, Access::Write, &self.key);
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Applied, Error> {
        if self.recurse {
            let doomed: Vec<Arc<Entry>> = change.state.kv.below(&self.key).cloned().collect();
            for entry in doomed {
                remove(change, &entry.key);
            }
            return Ok(Applied { ok: true });
        }
        let Some(current) = change.state.kv.get(&self.key) else {
            return Ok(Applied { ok: true });
        };
        if self.cas.is_some_and(|expected| expected != current.modify_index) {
            return Ok(Applied { ok: false });
        }
        remove(change, &self.key);
        Ok(Applied { ok: true })
    }
}

/// Removes `key`, leaving a tombstone so that its prefixes' indexes move.
pub(crate) fn remove(change: &mut Change<'_>, key: &str) {
    if change.state.kv.entries.remove(key).is_none() {
        return;
    }
    let (index, clock_ms) = (change.index(), change.at().clock_ms);
    let key: Arc<str> = key.into();
    let keys = &mut change.state.kv;
    keys.index = index;
    keys.tombstones.insert(Arc::clone(&key), index);
    keys.graves.insert((clock_ms, index, Arc::clone(&key)));
    change.touch(Touch::Key(key));
}

impl Apply for Reap {
    fn needs(&self, _: &State, _: &mut Needs) {}

    fn apply(&self, change: &mut Change<'_>) -> Result<Applied, Error> {
        let keys = &mut change.state.kv;
        while let Some((clock_ms, index, key)) = keys.graves.get_min().cloned()
            && clock_ms < self.before_ms
        {
            keys.graves.remove(&(clock_ms, index, Arc::clone(&key)));
            // The key may have been written and deleted again since; then its tombstone is younger.
            if keys.tombstones.get(&key) == Some(&index) {
                keys.tombstones.remove(&key);
            }
            keys.reaped = keys.reaped.max(index);
        }
        // Nobody is woken: what can be read has not changed.
        Ok(Applied { ok: true })
    }
}
