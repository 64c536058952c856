//! The HTTP API.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::reader::{Context, Findings, Reader};
use crate::{Cidr, gossip};

/// The `http_config` stanza and the waits of blocking queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Prefixes of paths that are answered with 403.
    pub block_endpoints: Vec<String>,
    /// Headers added to every answer.
    pub response_headers: BTreeMap<String, String>,
    /// Networks that may write; empty for any.
    pub allow_write_http_from: Vec<Cidr>,
    /// Whether `?cached` is honoured.
    pub use_cache: bool,
    /// Longest head of a request in bytes; none for the server's own limit.
    pub max_header_bytes: Option<u32>,
    /// Wait of a blocking query that names none.
    pub default_query_time: Duration,
    /// Longest wait of a blocking query.
    pub max_query_time: Duration,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Http, Findings) {
    let mut read = Reader::new(context);
    let http = Http {
        block_endpoints: read.strings("http_config.block_endpoints"),
        response_headers: response_headers(&mut read),
        allow_write_http_from: gossip::cidrs(&mut read, "http_config.allow_write_http_from"),
        use_cache: read.truth("http_config.use_cache").unwrap_or(true),
        max_header_bytes: Some(read.count("http_config.max_header_bytes", 0)).filter(|bytes| *bytes > 0),
        default_query_time: read.duration("default_query_time", Duration::from_secs(300)),
        max_query_time: read.duration("max_query_time", Duration::from_secs(600)),
    };
    (http, read.finish())
}

/// Headers are checked here, so that no answer fails on them later (RFC 9110 section 5).
fn response_headers(read: &mut Reader<'_>) -> BTreeMap<String, String> {
    let key = "http_config.response_headers";
    let mut headers = BTreeMap::new();
    for (name, value) in read.pairs(key) {
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let name_ok = !name.is_empty() && name.bytes().all(is_token);
        if name_ok && !value.value.contains(|c: char| c.is_control() && c != '\t') {
            headers.insert(name.to_owned(), value.value.clone());
        } else {
            let message = format!("{key}: invalid header {name:?}");
            read.wrong_at(Some(value.origin.clone()), key, message);
        }
    }
    headers
}
