//! Bytes and durations in JSON bodies, as Consul writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// Base64, or `null` when there is nothing.
///
/// # Errors
/// Those of the serializer.
pub fn base64_or_null<S: serde::Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    if bytes.is_empty() { serializer.serialize_none() } else { serializer.serialize_str(&STANDARD.encode(bytes)) }
}

/// Milliseconds as a Go duration string.
pub mod duration_ms {
    use crate::http::duration;
    use serde::Deserialize;
    use std::time::Duration;

    /// Writes one.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: serde::Serializer>(ms: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&duration::format(Duration::from_millis(*ms)))
    }

    /// Reads one; a bare number is nanoseconds, as in Go.
    ///
    /// # Errors
    /// When it is no duration.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Nanos(u64),
        }
        match Form::deserialize(deserializer)? {
            Form::Nanos(nanos) => Ok(nanos / 1_000_000),
            Form::Text(text) => {
                let parsed = duration::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("time: invalid duration {text:?}")))?;
                Ok(parsed.as_millis().try_into().unwrap_or(u64::MAX))
            }
        }
    }
}
