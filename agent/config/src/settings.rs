//! Checked but not yet resolved settings, by dotted key, and how two sets of them merge.

use std::collections::BTreeMap;

use crate::Origin;

/// A value together with where it was said.
#[derive(Clone, PartialEq)]
pub(crate) struct Located<T> {
    pub(crate) origin: Origin,
    pub(crate) value: T,
}

/// What a key was set to.
#[derive(Clone, PartialEq)]
pub(crate) enum Data {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// A duration in nanoseconds.
    Nanos(i64),
    Texts(Vec<Located<String>>),
    Map(BTreeMap<String, Located<String>>),
    /// Known and of no use: has no effect yet, or is of a wrong type.
    Idle,
}

/// Settings by dotted key. A key that nobody set is absent, so that an explicit `false` counts.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    entries: BTreeMap<String, Located<Data>>,
}

impl Settings {
    pub(crate) fn get(&self, key: &str) -> Option<&Located<Data>> {
        self.entries.get(key)
    }

    /// Sets `key`: scalars replace, lists append, maps merge by key.
    pub(crate) fn set(&mut self, key: String, new: Located<Data>) {
        let Some(old) = self.entries.get_mut(&key) else {
            self.entries.insert(key, new);
            return;
        };
        match (&mut old.value, new.value) {
            (Data::Texts(old), Data::Texts(new)) => old.extend(new),
            (Data::Map(old), Data::Map(new)) => old.extend(new),
            (value, new_value) => {
                *value = new_value;
                old.origin = new.origin;
            }
        }
    }

    /// Every key that was set, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Located<Data>)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The same with what `other` says of `key`, even if that is nothing.
    pub(crate) fn with_key_of(mut self, key: &str, other: &Self) -> Self {
        match other.get(key) {
            Some(value) => drop(self.entries.insert(key.to_owned(), value.clone())),
            None => drop(self.entries.remove(key)),
        }
        self
    }

    /// Sets everything of `later`.
    pub(crate) fn merge(&mut self, later: Self) {
        for (key, value) in later.entries {
            self.set(key, value);
        }
    }

    /// Takes the lists out. Lists of flags come before those of files, other flags after them.
    pub(crate) fn split_lists(&mut self) -> Self {
        let is_list = |value: &Located<Data>| matches!(value.value, Data::Texts(_));
        let (lists, others) = std::mem::take(&mut self.entries).into_iter().partition(|(_, value)| is_list(value));
        self.entries = others;
        Self { entries: lists }
    }
}
