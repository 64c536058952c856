//! Steps on keys.

use super::Came;
use crate::{Change, Evaluate, Needs, State, View, kv};
use api::kv::{Entry, Get, List};
use api::txn::{Item, KvStep, KvVerb};
use api::{Access, Resource};
use bytes::Bytes;

/// What is wrong with a step whatever the state.
pub(super) fn senseless(step: &KvStep) -> Option<String> {
    (step.key.is_empty() && step.verb() != KvVerb::DeleteTree).then(|| "Must provide key".to_owned())
}

pub(super) fn needs(step: &KvStep, needs: &mut Needs) {
    let access = match step.verb() {
        verb if !verb.is_read() => Access::Write,
        KvVerb::GetTree => Access::List,
        _ => Access::Read,
    };
    needs.add(Resource::Key, access, &step.key);
}

/// Records what a step depends on.
pub(super) fn saw(step: &KvStep, view: &View<'_>) {
    // What these find is looked up again, as a transaction sees it; only what they touch counts here.
    let _found = match step.verb() {
        KvVerb::GetTree => List { prefix: step.key.clone() }.evaluate(view),
        _ => Get { key: step.key.clone() }.evaluate(view),
    };
}

/// The keys found that the token may see.
pub(super) fn visible(found: Vec<Item>, view: &View<'_>) -> Vec<Item> {
    let may_see = |item: &Item| match item {
        Item::Kv(entry) => view.may(Resource::Key, Access::Read, &entry.key),
        _ => true,
    };
    found.into_iter().filter(may_see).collect()
}

/// Runs a step that only looks.
pub(super) fn look(step: &KvStep, state: &State) -> Came {
    let key = &step.key;
    let found = state.kv.get(key);
    match step.verb() {
        KvVerb::Get => match found {
            Some(entry) => Ok(vec![Item::Kv((**entry).clone())]),
            None => Err(format!("key {key:?} doesn't exist")),
        },
        KvVerb::GetOrEmpty => {
            let empty = || Entry { key: key.clone(), ..Entry::default() };
            Ok(vec![Item::Kv(found.map_or_else(empty, |entry| (**entry).clone()))])
        }
        KvVerb::GetTree => Ok(state.kv.below(key).map(|entry| Item::Kv((**entry).clone())).collect()),
        KvVerb::CheckNotExists => match found {
            Some(_) => Err(format!("key {key:?} exists")),
            None => Ok(Vec::new()),
        },
        KvVerb::CheckIndex => match found {
            None => Err(format!("failed to check index, key {key:?} doesn't exist")),
            Some(entry) if entry.modify_index != step.index => {
                Err(format!("failed index check for key {key:?}, current modify index {} != {}", entry.modify_index, step.index))
            }
            Some(entry) => Ok(without_value(entry)),
        },
        KvVerb::CheckSession => match found {
            None => Err(format!("failed to check session, key {key:?} doesn't exist")),
            Some(entry) if entry.session != step.session => {
                Err(format!("failed session check for key {key:?}, current session {:?} != {:?}", entry.session, step.session))
            }
            Some(entry) => Ok(without_value(entry)),
        },
        // A step that writes does not get here; were it to, it would be a transaction that another build sent as one that looks.
        KvVerb::Set | KvVerb::Cas | KvVerb::Lock | KvVerb::Unlock | KvVerb::Delete | KvVerb::DeleteTree | KvVerb::DeleteCas => {
            Err(format!("key {key:?} cannot be written by a transaction that only looks"))
        }
    }
}

/// Runs a step.
pub(super) fn run(step: &KvStep, change: &mut Change<'_>) -> Came {
    let key = &step.key;
    let current = change.state.kv.get(key).cloned();
    let index = current.as_ref().map_or(0, |entry| entry.modify_index);
    let holder = current.as_ref().map_or("", |entry| &entry.session);
    match step.verb() {
        KvVerb::Set => Ok(set(step, holder, change)),
        KvVerb::Cas if step.index != index => Err(format!("failed to set key {key:?}, index is stale")),
        KvVerb::Cas => Ok(set(step, holder, change)),
        KvVerb::Lock => Err(match kv::known_session(&step.session) {
            Err(error) => error.text,
            Ok(()) => format!("failed to lock key {key:?}, lock is already held"),
        }),
        KvVerb::Unlock if step.session.is_empty() => Err("missing session".to_owned()),
        KvVerb::Unlock if holder != step.session => {
            Err(format!("failed to unlock key {key:?}, lock isn't held, or is held by another session"))
        }
        KvVerb::Unlock => {
            let lock_index = current.as_ref().map_or(0, |entry| entry.lock_index);
            Ok(without_value(&kv::store(change, Entry { lock_index, ..written(step) })))
        }
        KvVerb::Delete => Ok(remove(change, key)),
        KvVerb::DeleteTree => {
            let doomed: Vec<_> = change.state.kv.below(key).cloned().collect();
            for entry in doomed {
                kv::remove(change, &entry.key);
            }
            Ok(Vec::new())
        }
        // What is not there is deleted, whatever its index was.
        KvVerb::DeleteCas if current.is_some() && step.index != index => Err(format!("failed to delete key {key:?}, index is stale")),
        KvVerb::DeleteCas => Ok(remove(change, key)),
        KvVerb::Get | KvVerb::GetOrEmpty | KvVerb::GetTree | KvVerb::CheckIndex | KvVerb::CheckSession | KvVerb::CheckNotExists => {
            look(step, change.state)
        }
    }
}

fn set(step: &KvStep, holder: &str, change: &mut Change<'_>) -> Vec<Item> {
    without_value(&kv::store(change, Entry { session: holder.to_owned(), ..written(step) }))
}

fn written(step: &KvStep) -> Entry {
    Entry { key: step.key.clone(), value: step.value.clone(), flags: step.flags, ..Entry::default() }
}

fn remove(change: &mut Change<'_>, key: &str) -> Vec<Item> {
    kv::remove(change, key);
    Vec::new()
}

/// Only reads give back values: whoever wrote one has it.
fn without_value(entry: &Entry) -> Vec<Item> {
    vec![Item::Kv(Entry { value: Bytes::new(), ..entry.clone() })]
}
