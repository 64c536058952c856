//! The query string, as Go's `net/url` reads it: `+` is a blank, names may repeat, the first value counts.

use percent_encoding::percent_decode;

/// Parameters in the order they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

/// A query string with an escape that is none, or bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecodable;

impl Query {
    /// Reads a query string, without its `?`.
    ///
    /// # Errors
    /// [`Undecodable`].
    pub fn parse(text: &str) -> Result<Self, Undecodable> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name, true)?, decode(value, true)?))
        });
        decoded.collect::<Result<_, _>>().map(Self)
    }

    /// The first value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether `name` is there, with any value or none.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All values of `name`.
    pub fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Resolves percent escapes, strictly: a `%` that begins none is an error, as it is in Go.
pub(crate) fn decode(text: &str, plus_is_blank: bool) -> Result<String, Undecodable> {
    if !text.contains(['%', '+']) {
        return Ok(text.to_owned());
    }
    let bytes = text.as_bytes();
    let escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    let well_formed = |at: usize| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if !escapes.map(|(at, _)| at).all(well_formed) {
        return Err(Undecodable);
    }
    let blanks = if plus_is_blank { text.replace('+', " ") } else { text.to_owned() };
    String::from_utf8(percent_decode(blanks.as_bytes()).collect()).map_err(|_| Undecodable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn first_value_counts_and_escapes_are_strict() {
        let query = Query::parse("a=1&a=2&b&c=x%2Fy+z").unwrap();
        assert_eq!((query.get("a"), query.get("b"), query.get("c")), (Some("1"), Some(""), Some("x/y z")));
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(Query::parse("a=%zz"), Err(Undecodable));
        assert_eq!(Query::parse("a=%f"), Err(Undecodable));
        assert_eq!(Query::parse("a=%ff"), Err(Undecodable));
    }
}
