//! Keys and values over HTTP, and what became of a write.

use crate::{Client, RequestError, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::Method;
use std::time::Duration;

/// Consul's consistency modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// The leader, under its lease.
    Default,
    /// The leader, confirmed by a quorum.
    Consistent,
    /// Whoever is asked.
    Stale,
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its value.
    pub value: Bytes,
    /// Index of its last change: what a check-and-set names.
    pub modify_index: u64,
}

/// A request that was not answered with what it asked for.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// It changed nothing, and never will.
    #[error("refused: {0}")]
    Definite(String),
    /// It may have changed something, or may yet.
    #[error("unknown: {0}")]
    Unknown(String),
}

/// Texts with which a server says that a request was not processed.
const UNPROCESSED: [&str; 4] = ["No cluster leader", "No path to datacenter", "not the leader", "rate limit exceeded"];

impl Client {
    /// What `key` holds; `None` if it does not exist.
    ///
    /// # Errors
    /// [`Failure`], of which the kind does not matter: a read changes nothing.
    pub async fn kv_get(&self, key: &str, consistency: Consistency, limit: Duration) -> Result<Option<Entry>, Failure> {
        let mode = match consistency {
            Consistency::Default => "",
            Consistency::Consistent => "?consistent",
            Consistency::Stale => "?stale",
        };
        let response = self.request(Method::GET, &format!("/v1/kv/{key}{mode}"), Bytes::new(), limit).await?;
        match response.status {
            404 if response.body.is_empty() => Ok(None),
            200 => entry(&response).map(Some).ok_or_else(|| Failure::Unknown(format!("not an entry: {}", response.text()))),
            _ => Err(refusal(&response)),
        }
    }

    /// Writes `key`.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn kv_put(&self, key: &str, value: &str, limit: Duration) -> Result<(), Failure> {
        match self.applied(&format!("/v1/kv/{key}"), value, limit).await? {
            true => Ok(()),
            false => Err(Failure::Definite(format!("{key}: false, for a write without a condition"))),
        }
    }

    /// Writes `key` if the index of its last change is `expected`, 0 if it does not exist; whether it did.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn kv_cas(&self, key: &str, value: &str, expected: u64, limit: Duration) -> Result<bool, Failure> {
        self.applied(&format!("/v1/kv/{key}?cas={expected}"), value, limit).await
    }

    async fn applied(&self, path: &str, value: &str, limit: Duration) -> Result<bool, Failure> {
        let response = self.request(Method::PUT, path, Bytes::copy_from_slice(value.as_bytes()), limit).await?;
        match (response.status, response.text().trim()) {
            (200, "true") => Ok(true),
            (200, "false") => Ok(false),
            _ => Err(refusal(&response)),
        }
    }
}

fn entry(response: &Response) -> Option<Entry> {
    let json = response.json();
    let row = json.get(0)?;
    let value = STANDARD.decode(row.get("Value")?.as_str()?).ok()?;
    Some(Entry { value: value.into(), modify_index: row.get("ModifyIndex")?.as_u64()? })
}

fn refusal(response: &Response) -> Failure {
    let text = response.text();
    let said = format!("{} {}", response.status, text.trim());
    let unprocessed = matches!(response.status, 400..500) || UNPROCESSED.iter().any(|known| text.starts_with(known));
    if unprocessed { Failure::Definite(said) } else { Failure::Unknown(said) }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::NotSent(_) => Self::Definite(error.to_string()),
            RequestError::Unknown(_) => Self::Unknown(error.to_string()),
        }
    }
}
