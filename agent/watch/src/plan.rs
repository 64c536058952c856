//! What is asked, and what of the answer is handed on.

use crate::target::target;
use bytes::Bytes;
use serde_json::{Value, json};

/// A read of the HTTP API to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub(crate) kind: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) shape: Shape,
}

/// How an answer becomes what is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The first entry; null where there is none.
    Key,
    /// All entries; null where there are none.
    Keys,
    /// As it is.
    Whole,
    /// The events since the last one seen.
    Events,
}

/// An answer to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// `X-Consul-Index`, if there was one.
    pub index: Option<u64>,
    /// The JSON; empty where nothing was found (404).
    pub body: Bytes,
}

impl Plan {
    /// The type of the watch.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Path without encoding.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Parameters without encoding; a request waits for something newer than `index`.
    #[must_use]
    pub fn query(&self, index: Option<u64>) -> Vec<(&'static str, String)> {
        self.query.iter().cloned().chain(index.map(|index| ("index", index.to_string()))).collect()
    }

    /// Both, encoded.
    #[must_use]
    pub fn target(&self, index: Option<u64>) -> String {
        let query = self.query(index);
        target(&self.path, query.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// Whether nothing there is an answer rather than a failure.
    #[must_use]
    pub fn may_be_absent(&self) -> bool {
        matches!(self.shape, Shape::Key | Shape::Keys)
    }

    /// What to hand on of `body`.
    ///
    /// # Errors
    /// Where it is no JSON.
    pub(crate) fn payload(&self, body: &[u8]) -> Result<Value, serde_json::Error> {
        if body.is_empty() && self.may_be_absent() {
            return Ok(Value::Null);
        }
        let mut value: Value = serde_json::from_slice(body)?;
        if !self.may_be_absent() {
            return Ok(value);
        }
        value.as_array_mut().into_iter().flatten().for_each(|entry| *entry = kv(entry));
        Ok(match (self.shape, value) {
            (Shape::Key, Value::Array(entries)) => entries.into_iter().next().unwrap_or(Value::Null),
            (_, value) => value,
        })
    }
}

/// An entry in the order handlers know, and with the session even where there is none.
fn kv(entry: &Value) -> Value {
    let field = |name| entry.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "Key": field("Key"),
        "CreateIndex": field("CreateIndex"),
        "ModifyIndex": field("ModifyIndex"),
        "LockIndex": field("LockIndex"),
        "Flags": field("Flags"),
        "Value": field("Value"),
        "Session": entry.get("Session").cloned().unwrap_or_else(|| "".into()),
    })
}
