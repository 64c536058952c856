//! The query string, as Go's `net/url` reads it: `+` is a blank, names may repeat, the first value counts, `;` separates as `&` does.

use percent_encoding::percent_decode;
use std::borrow::Cow;

/// Parameters in the order they came. What needs no decoding is not copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query<'q>(Vec<(Cow<'q, str>, Cow<'q, str>)>);

/// A percent sign that begins no escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable;

impl<'q> Query<'q> {
    /// Reads a query string, without its `?`.
    ///
    /// # Errors
    /// [`Undecodable`].
    pub fn parse(text: &'q str) -> Result<Self, Undecodable> {
        let pairs = text.split(['&', ';']).filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((parameter(name)?, parameter(value)?))
        });
        decoded.collect::<Result<_, _>>().map(Self)
    }

    /// The first value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_ref())
    }

    /// The first value of `name`, if it is not empty.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether `name` is there, with any value or none.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All values of `name`.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_ref())
    }
}

/// A name or a value. Bytes that are not UTF-8 become U+FFFD: no name, key or token we keep is written with them, so they match nothing.
fn parameter(text: &str) -> Result<Cow<'_, str>, Undecodable> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    check_escapes(text)?;
    let blanks = text.replace('+', " ");
    let bytes: Vec<u8> = percent_decode(blanks.as_bytes()).collect();
    Ok(Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())))
}

/// Why a path cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// As [`Undecodable`].
    Escape,
    /// A key that is not UTF-8 could be stored, but not shown.
    NotUtf8,
}

/// A path as [`find`](super::find) reads it, without escapes: what is allowed has to be decided on this. `None` for one that it refuses.
#[must_use]
pub fn plain_path(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('%') { path(text).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(text)) }
}

/// Resolves the escapes of a path.
pub(crate) fn path(text: &str) -> Result<String, BadPath> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    check_escapes(text).map_err(|Undecodable| BadPath::Escape)?;
    String::from_utf8(percent_decode(text.as_bytes()).collect()).map_err(|_| BadPath::NotUtf8)
}

/// Strictly: a `%` that begins no escape is an error, as it is in Go.
fn check_escapes(text: &str) -> Result<(), Undecodable> {
    let bytes = text.as_bytes();
    let mut escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').map(|(at, _)| at);
    let well_formed = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if escapes.all(well_formed) { Ok(()) } else { Err(Undecodable) }
}

/// A number as Go's `strconv.ParseUint` reads it: digits alone, without a sign.
///
/// # Errors
/// What that function says.
pub(crate) fn uint(given: &str) -> Result<u64, String> {
    let digits = !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_digit());
    let why = if digits { "value out of range" } else { "invalid syntax" };
    let parsed = if digits { given.parse().ok() } else { None };
    parsed.ok_or_else(|| format!("strconv.ParseUint: parsing {given:?}: {why}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn first_value_counts_and_escapes_are_strict() {
        let query = Query::parse("a=1&a=2;b&c=x%2Fy+z&d=%ff").unwrap();
        assert_eq!(
            (query.get("a"), query.get("b"), query.get("c"), query.get("d")),
            (Some("1"), Some(""), Some("x/y z"), Some("\u{fffd}"))
        );
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((query.filled("a"), query.filled("b")), (Some("1"), None));
        assert_eq!(Query::parse("a=%zz"), Err(Undecodable));
        assert_eq!(Query::parse("a=%f"), Err(Undecodable));
    }

    #[test]
    fn paths_are_text() {
        assert_eq!(path("/a+b%20c").as_deref(), Ok("/a+b c"));
        assert_eq!(path("/%4"), Err(BadPath::Escape));
        assert_eq!(path("/%ff"), Err(BadPath::NotUtf8));
    }
}
