//! The target of a request out of its parts.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a query value keeps: the unreserved characters of RFC 3986, 2.3.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What a path keeps besides.
const PATH: &AsciiSet = &QUERY.remove(b'/');

pub(crate) fn target<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut target = utf8_percent_encode(path, PATH).to_string();
    for (position, (name, value)) in query.into_iter().enumerate() {
        target.push(if position == 0 { '?' } else { '&' });
        target.push_str(name);
        target.push('=');
        target.extend(utf8_percent_encode(value, QUERY));
    }
    target
}
