//! Bytes, durations, empty maps and opaque values in JSON bodies, as Consul writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::collections::BTreeMap;

/// Base64, or `null` when there is nothing.
///
/// # Errors
/// Those of the serializer.
pub fn base64_or_null<S: serde::Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    if bytes.is_empty() { serializer.serialize_none() } else { serializer.serialize_str(&STANDARD.encode(bytes)) }
}

/// Decodes base64 as Go does: line breaks do not count. The error is where it goes wrong.
pub(crate) fn base64(text: &str) -> Result<Vec<u8>, usize> {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    STANDARD.decode(&text).map_err(|error| match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
        base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => text.len() / 4 * 4,
    })
}

/// A number as Go writes it: a whole one without a fraction.
///
/// # Errors
/// Those of the serializer.
pub fn go_float<S: serde::Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match whole(*value) {
        Some(whole) => serializer.serialize_i64(whole),
        None => serializer.serialize_f64(*value),
    }
}

/// Numbers, each as [`go_float`].
///
/// # Errors
/// Those of the serializer.
pub fn go_floats<S: serde::Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    struct Written(f64);
    impl serde::Serialize for Written {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            go_float(&self.0, serializer)
        }
    }
    serializer.collect_seq(values.iter().map(|value| Written(*value)))
}

fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() < 1e15).then_some(value as i64)
}

/// A map, or `null` when there is nothing in it: what Go makes of a map that nobody set.
///
/// # Errors
/// Those of the serializer.
pub fn null_if_empty<S: serde::Serializer>(map: &BTreeMap<String, String>, serializer: S) -> Result<S::Ok, S::Error> {
    if map.is_empty() { serializer.serialize_none() } else { serializer.collect_map(map) }
}

/// A JSON object that we keep as text and never look into; empty is `null`.
pub mod opaque {
    use serde::{Deserialize, Serialize};
    use serde_json::Value;

    /// Writes one.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        // Only JSON gets in, but a row may come from another process.
        serde_json::from_str::<Value>(text).unwrap_or(Value::Null).serialize(serializer)
    }

    /// Reads one, ordered by key, as Go prints it.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(if value.is_null() { String::new() } else { ordered(value).to_string() })
    }

    fn ordered(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut pairs: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, ordered(value))).collect();
                pairs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                pairs.into_iter().collect()
            }
            Value::Array(list) => list.into_iter().map(ordered).collect(),
            // Go knows one kind of number there, and writes whole ones without a fraction.
            Value::Number(number) => match number.as_f64() {
                Some(float) if number.is_f64() => super::whole(float).map_or(Value::Number(number), Value::from),
                _ => Value::Number(number),
            },
            other => other,
        }
    }
}

/// Nanoseconds as a Go duration string.
pub mod duration_ns {
    use crate::http::duration;
    use serde::Deserialize;
    use std::time::Duration;

    /// Writes one.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: serde::Serializer>(ns: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&duration::format(Duration::from_nanos(*ns)))
    }

    /// Reads one; a bare number is nanoseconds, as in Go.
    ///
    /// # Errors
    /// When it is no duration.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        Ok(read(deserializer)?.as_nanos().try_into().unwrap_or(u64::MAX))
    }

    pub(super) fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Nanos(u64),
        }
        match Form::deserialize(deserializer)? {
            Form::Nanos(nanos) => Ok(Duration::from_nanos(nanos)),
            Form::Text(text) => duration::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("time: invalid duration {text:?}"))),
        }
    }
}

/// Milliseconds as a Go duration string.
pub mod duration_ms {
    use crate::http::duration;
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
        Ok(super::duration_ns::read(deserializer)?.as_millis().try_into().unwrap_or(u64::MAX))
    }
}
