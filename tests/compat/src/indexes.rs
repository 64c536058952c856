//! Indexes of two servers, compared: each of the one stands for one of the other, in the same order.

use anyhow::{Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is known of which index stands for which.
#[derive(Default)]
pub(crate) struct Indexes(BTreeMap<u64, u64>);

impl Indexes {
    /// Two replies without their indexes.
    ///
    /// # Errors
    /// When their indexes cannot be the same, seen from the outside.
    pub(crate) fn compare(&mut self, theirs: &Value, ours: &Value) -> Result<(Value, Value)> {
        let (theirs, their_indexes) = without_indexes(theirs);
        let (ours, our_indexes) = without_indexes(ours);
        if theirs == ours {
            for (theirs, ours) in their_indexes.into_iter().zip(our_indexes) {
                self.learn(theirs, ours)?;
            }
        }
        Ok((theirs, ours))
    }

    fn learn(&mut self, theirs: u64, ours: u64) -> Result<()> {
        let known = *self.0.entry(theirs).or_insert(ours);
        ensure!(known == ours, "index {theirs} was {known}, and is {ours}");
        let before = self.0.range(..theirs).next_back();
        let after = self.0.range(theirs + 1..).next();
        ensure!(before.is_none_or(|(_, before)| *before < ours), "index {theirs} is {ours}, not after {before:?}");
        ensure!(after.is_none_or(|(_, after)| ours < *after), "index {theirs} is {ours}, not before {after:?}");
        Ok(())
    }
}

fn without_indexes(value: &Value) -> (Value, Vec<u64>) {
    let mut value = value.clone();
    let mut found = Vec::new();
    take(&mut value, &mut found);
    (value, found)
}

fn take(value: &mut Value, found: &mut Vec<u64>) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| take(value, found)),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match (key.as_str(), value.as_u64()) {
                    ("CreateIndex" | "ModifyIndex", Some(index)) => {
                        found.push(index);
                        *value = Value::Null;
                    }
                    ("What", _) => *value = Value::from(told(value.as_str().unwrap_or_default())),
                    _ => take(value, found),
                }
            }
        }
        _ => {}
    }
}

/// A message without the index it tells.
fn told(what: &str) -> String {
    let mark = "current modify index ";
    let Some((before, behind)) = what.split_once(mark) else {
        return what.to_owned();
    };
    format!("{before}{mark}#{}", behind.trim_start_matches(|c: char| c.is_ascii_digit()))
}
