//! JSON bodies as Go's decoder takes them: names in any case, `null` for nothing, the first value of the body, unknown names refused;
//! and its words for what it does not take.
//!
//! A [`Shape`] says what Go would decode into. [`decode`] checks a body against one and gives back the same value with every name as
//! the shape has it and every `null` left out, which serde then turns into our row.

use super::duration;
use serde_json::{Map, Value};
use std::time::Duration;

/// What a value is decoded into.
pub(crate) enum Shape {
    String,
    /// A string type with a name of its own.
    Named(&'static str),
    Bool,
    Int,
    Uint,
    Float,
    /// Bytes: a string that the caller decodes.
    Bytes,
    /// Go's `time.Duration` as a string, or nanoseconds; given back as nanoseconds.
    Duration,
    /// An object that nobody looks into.
    Opaque,
    /// What only Consul Enterprise has: empty, or the one value there is.
    Enterprise,
    /// What only clusters that import services say: empty, as their clients have it.
    Peer,
    List(&'static str, &'static Self),
    Map(&'static str, &'static Self),
    Struct(&'static Struct),
}

/// A Go struct.
pub(crate) struct Struct {
    /// Its type, with its package; empty for one without a name.
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [(&'static str, Shape)],
    /// Names that stand for others unless these are given.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// Unknown names are skipped.
    pub(crate) lenient: bool,
    /// Names may also be in snake case.
    pub(crate) snake: bool,
    /// Names among the fields that it does not know after all: so that two structs can share a list.
    pub(crate) without: &'static [&'static str],
}

/// Decodes the first value of `body`. Nothing at all, or `null`, where a list or struct is expected gives [`Value::Null`].
///
/// # Errors
/// What Go's decoder says.
pub(crate) fn decode(body: &[u8], shape: &Shape) -> Result<Value, String> {
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
    let value = match values.next() {
        None => return Err("EOF".to_owned()),
        Some(Ok(value)) => value,
        // What comes behind the first value is nobody's concern, also when it touches it.
        Some(Err(error)) => return Err(syntax(body, &error)),
    };
    conform(value, shape)
}

/// [`decode`] for a value that was read elsewhere.
///
/// # Errors
/// What Go's decoder says.
pub(crate) fn conform(value: Value, shape: &Shape) -> Result<Value, String> {
    let mut place = Place { owner: "", path: Vec::new() };
    Ok(place.conform(value, shape)?.unwrap_or(Value::Null))
}

/// Where in a value we are: for messages.
struct Place {
    /// The innermost struct.
    owner: &'static str,
    path: Vec<&'static str>,
}

impl Place {
    /// `value` as the shape has it; `None` for `null`.
    fn conform(&mut self, value: Value, shape: &Shape) -> Result<Option<Value>, String> {
        let fits = match (&value, shape) {
            (Value::Null, _) => return Ok(None),
            (Value::String(_), Shape::String | Shape::Named(_) | Shape::Bytes)
            | (Value::Bool(_), Shape::Bool)
            | (Value::Object(_), Shape::Opaque | Shape::Map(..) | Shape::Struct(_))
            | (Value::Array(_), Shape::List(..)) => true,
            (Value::String(text), Shape::Enterprise) => {
                if text.is_empty() || text == "default" {
                    return Ok(None);
                }
                let name = self.path.last().copied().unwrap_or_default();
                return Err(format!("json: unknown field {name:?} - {name}s are a Consul Enterprise feature"));
            }
            (Value::String(peer), Shape::Peer) if peer.is_empty() => return Ok(None),
            (Value::String(_), Shape::Peer) => {
                return Err(format!("json: unknown field {:?}", self.path.last().copied().unwrap_or_default()));
            }
            (Value::Number(number), Shape::Int) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            (Value::Number(number), Shape::Uint) => number.is_u64(),
            (Value::Number(_), Shape::Float) => true,
            (Value::Number(number), Shape::Duration) => return Ok(number.as_f64().map(|nanos| Value::from(nanos.max(0.0) as u64))),
            (Value::String(text), Shape::Duration) => return go_duration(text).map(Some),
            _ => false,
        };
        if !fits {
            return Err(self.mismatch(&value, shape));
        }
        Ok(Some(match (value, shape) {
            (Value::Array(list), Shape::List(_, element)) => {
                list.into_iter().filter_map(|value| self.conform(value, element).transpose()).collect::<Result<_, _>>()?
            }
            (Value::Object(map), Shape::Map(_, element)) => {
                let entries =
                    map.into_iter().filter_map(|(key, value)| Some(self.conform(value, element).transpose()?.map(|value| (key, value))));
                Value::Object(entries.collect::<Result<_, _>>()?)
            }
            (Value::Object(map), Shape::Struct(of)) => self.fields(map, of)?,
            (value, _) => value,
        }))
    }

    fn fields(&mut self, map: Map<String, Value>, of: &'static Struct) -> Result<Value, String> {
        let owner = std::mem::replace(&mut self.owner, of.name);
        let mut found = Map::with_capacity(map.len());
        for (name, value) in map {
            let Some((name, shape)) = of.field(&name) else {
                if of.lenient {
                    continue;
                }
                return Err(format!("json: unknown field {name:?}"));
            };
            self.path.push(name);
            if let Some(value) = self.conform(value, shape)? {
                found.insert((*name).to_owned(), value);
            }
            self.path.pop();
        }
        for (alias, name) in of.aliases {
            if let Some(value) = found.remove(*alias) {
                found.entry(*name).or_insert(value);
            }
        }
        self.owner = owner;
        Ok(Value::Object(found))
    }

    fn mismatch(&self, value: &Value, shape: &Shape) -> String {
        let given = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if matches!(shape, Shape::Int | Shape::Uint) => format!("number {number}"),
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) => "object".to_owned(),
        };
        let wanted = shape.name();
        if self.path.is_empty() {
            return format!("json: cannot unmarshal {given} into Go value of type {wanted}");
        }
        let owner = self.owner.rsplit('.').next().unwrap_or_default();
        format!("json: cannot unmarshal {given} into Go struct field {owner}.{} of type {wanted}", self.path.join("."))
    }
}

impl Struct {
    /// The field called `name`: exactly, or else in another case.
    fn field(&self, name: &str) -> Option<&'static (&'static str, Shape)> {
        let mut fields = self.fields.iter().filter(|(field, _)| !self.without.contains(field));
        let exact = fields.clone().find(|(field, _)| *field == name);
        let bare = if self.snake { name.replace('_', "") } else { name.to_owned() };
        exact.or_else(|| fields.find(|(field, _)| field.eq_ignore_ascii_case(&bare)))
    }
}

impl Shape {
    /// What Go calls it.
    fn name(&self) -> &'static str {
        match self {
            Self::String | Self::Enterprise | Self::Peer => "string",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint64",
            Self::Float => "float64",
            Self::Bytes => "[]uint8",
            Self::Duration => "time.Duration",
            Self::Opaque => "map[string]interface {}",
            Self::Named(name) | Self::List(name, _) | Self::Map(name, _) => name,
            Self::Struct(of) => of.name,
        }
    }
}

fn go_duration(text: &str) -> Result<Value, String> {
    match duration::parse(text) {
        Some(parsed) => Ok(Value::from(u64::try_from(parsed.min(Duration::from_nanos(i64::MAX as u64)).as_nanos()).unwrap_or_default())),
        None if text.is_empty() => Ok(Value::from(0)),
        None if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') => Err(format!("time: missing unit in duration {text:?}")),
        None => Err(format!("time: invalid duration {text:?}")),
    }
}

/// A syntax error in Go's words.
fn syntax(body: &[u8], error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected EOF".to_owned();
    }
    let said = error.to_string();
    let before: usize = body.split_inclusive(|b| *b == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    // A string's error stands behind the character, any other at it.
    let at = (before + error.column()).saturating_sub(1).min(body.len().saturating_sub(1));
    let character = body.get(at).copied().unwrap_or_default();
    let context = [
        ("key must be a string", "looking for beginning of object key string"),
        ("trailing comma", if character == b'}' { "looking for beginning of object key string" } else { "looking for beginning of value" }),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
        ("expected `:`", "after object key"),
        ("invalid escape", "in string escape code"),
        ("control character", "in string literal"),
        ("expected value", "looking for beginning of value"),
        ("expected ident", "in literal"),
        ("invalid number", "in numeric literal"),
    ];
    match context.iter().find(|(ours, _)| said.starts_with(ours)) {
        Some((_, "in literal")) => format!("invalid character {} {}", quoted(character), literal(body, at)),
        Some((_, context)) => format!("invalid character {} {context}", quoted(character)),
        None => said.split(" at line ").next().unwrap_or_default().to_owned(),
    }
}

/// Which word the character at `at` breaks off, and what should be there.
fn literal(body: &[u8], at: usize) -> String {
    let begin = body.get(..at).unwrap_or_default().iter().rposition(|b| !b.is_ascii_lowercase()).map_or(0, |before| before + 1);
    let word = match body.get(begin) {
        Some(b't') => "true",
        Some(b'f') => "false",
        _ => "null",
    };
    let expected = word.as_bytes().get(at - begin).copied().unwrap_or_default();
    format!("in literal {word} (expecting {})", quoted(expected))
}

/// A character as Go quotes it.
fn quoted(character: u8) -> String {
    match character {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        0x20..0x7f => format!("'{}'", char::from(character)),
        b'\n' => r"'\n'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        _ => format!(r"'\x{character:02x}'"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::shapes::{REGISTER, TXN};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_in_any_case_nulls_and_aliases() {
        let body = br#"{"nOdE":"n","Address":null,"Checks":[null,{"Definition":{"IntervalDuration":"1m","Odd":1}}]} and more"#;
        let decoded = decode(body, &REGISTER).unwrap();
        assert_eq!(decoded.to_string(), r#"{"Node":"n","Checks":[{"Definition":{"Interval":60000000000}}]}"#);
    }

    proptest! {
        #[test]
        fn no_body_breaks_it(
            cut in 0..200usize,
            at in 0..200usize,
            with in r#"[\[\]{}",:a-z0-9\\ \n]{0,3}"#,
        ) {
            let body = br#"[{"KV":{"Verb":"set","Key":"k","Value":"YQ==","Flags":1.5}},{"Check":{"Check":{"Definition":{"Timeout":"1s"}}}},true,null]"#;
            let mut body = body[..cut.min(body.len())].to_vec();
            let at = at.min(body.len());
            body.splice(at..at, with.bytes());
            let said = decode(&body, &TXN).err().unwrap_or_default();
            prop_assert!(!said.contains("line "), "serde's own words: {said}");
        }
    }
}
