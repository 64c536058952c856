//! A request to the HTTP API, before it meets a connection.

use bytes::Bytes;
use hyper::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Method, path, query and body.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) body: Bytes,
    path: String,
    query: Vec<(&'static str, String)>,
}

impl Request {
    /// A request without query and body. `path` is plain text: it is encoded when sent.
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body: Bytes::new() }
    }

    /// Adds a query parameter.
    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Adds a query parameter if there is a value.
    pub(crate) fn query_if(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The encoded path and query. Parameters are sorted by name, repeated ones keep their
    /// order, so that equal calls make equal requests.
    pub(crate) fn target(&self) -> String {
        let mut target = utf8_percent_encode(&self.path, PATH).to_string();
        let mut query: Vec<_> = self.query.iter().collect();
        query.sort_by_key(|(name, _)| *name);
        for (position, (name, value)) in query.into_iter().enumerate() {
            target.push(if position == 0 { '?' } else { '&' });
            target.push_str(name);
            target.push('=');
            target.push_str(&utf8_percent_encode(value, QUERY).to_string().replace("%20", "+"));
        }
        target
    }
}

/// What a query value keeps: the unreserved characters of RFC 3986, 2.3.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a path keeps besides: the delimiters that have no meaning inside one. A slash in
/// a key is a slash in the path.
const PATH: &AsciiSet =
    &QUERY.remove(b'$').remove(b'&').remove(b'+').remove(b',').remove(b'/').remove(b':').remove(b';').remove(b'=').remove(b'@');

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parameters_are_sorted_and_repeats_keep_their_order() {
        let request = Request::new(Method::GET, "/v1/x y").query("z", "a b&c").query("m", "2").query("m", "1");
        assert_eq!(request.target(), "/v1/x%20y?m=2&m=1&z=a+b%26c");
    }

    proptest! {
        #[test]
        fn any_key_makes_a_target_that_decodes_to_it(key in ".{0,40}") {
            let target = Request::new(Method::GET, format!("/v1/kv/{key}")).target();
            prop_assert!(target.parse::<hyper::Uri>().is_ok(), "{}", target);
            let decoded = percent_encoding::percent_decode_str(&target).decode_utf8_lossy().into_owned();
            prop_assert_eq!(decoded, format!("/v1/kv/{key}"));
        }
    }
}
