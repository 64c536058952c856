//! Gathers the entries of one object while its text is read.

use std::collections::HashMap;

use crate::{Key, List, Node, Object, Value};

/// What a key that occurs again does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duplicates {
    /// The values become a `repeated` list.
    Gather,
    /// The last value stays.
    KeepLast,
}

/// An object under construction; knows its keys by hash, so that many keys stay cheap.
pub(crate) struct Collector {
    duplicates: Duplicates,
    places: HashMap<String, usize>,
    entries: Vec<(Key, Value)>,
}

impl Collector {
    pub(crate) fn new(duplicates: Duplicates) -> Self {
        Self { duplicates, places: HashMap::new(), entries: Vec::new() }
    }

    pub(crate) fn insert(&mut self, key: Key, value: Value) {
        let place = self.places.get(&key.name).copied();
        let Some((_, known)) = place.and_then(|at| self.entries.get_mut(at)) else {
            self.places.insert(key.name.clone(), self.entries.len());
            self.entries.push((key, value));
            return;
        };
        match self.duplicates {
            Duplicates::KeepLast => *known = value,
            Duplicates::Gather => gather(known, value),
        }
    }

    pub(crate) fn finish(self) -> Object {
        Object { entries: self.entries }
    }
}

fn gather(known: &mut Value, value: Value) {
    if let Node::List(list) = &mut known.node
        && list.repeated
    {
        known.span = known.span.to(value.span);
        list.items.push(value);
        return;
    }
    let span = known.span.to(value.span);
    let first = std::mem::replace(known, Value { span, node: Node::Null });
    known.node = Node::List(List { items: vec![first, value], repeated: true });
}
