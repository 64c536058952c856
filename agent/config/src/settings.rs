//! Checked but not yet resolved settings, by dotted key, and how two sets of them merge.

use std::collections::BTreeMap;

use crate::Origin;

/// A value together with where it was said.
#[derive(Clone)]
pub(crate) struct Located<T> {
    pub(crate) origin: Origin,
    pub(crate) value: T,
}

/// What a key was set to.
#[derive(Clone)]
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
