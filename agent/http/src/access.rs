//! Requests that the operator keeps out, before anything is parsed.

use api::http::text;
use bytes::Bytes;
use config::Cidr;
use http::{Method, Response, StatusCode};
use std::net::IpAddr;

/// What `http_config` allows.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Path prefixes that are answered with 403 (`block_endpoints`).
    pub blocked: Vec<String>,
    /// Networks that may do more than read (`allow_write_http_from`). Empty means all.
    pub writers: Vec<Cidr>,
}

impl Access {
    /// The refusal of a request that is kept out. `path` has no escapes; `from` is `None` on a Unix socket.
    pub(crate) fn refusal(&self, method: &Method, path: &str, from: Option<IpAddr>) -> Option<Response<Bytes>> {
        if self.blocked.iter().any(|prefix| path.starts_with(prefix.as_str())) {
            return Some(text(StatusCode::FORBIDDEN, "Endpoint is blocked by agent configuration"));
        }
        let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        if reads || self.writers.is_empty() || from.is_some_and(|from| self.writers.iter().any(|network| network.contains(from))) {
            return None;
        }
        Some(text(StatusCode::FORBIDDEN, "Access is restricted"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn writers_and_blocked_prefixes() {
        let access =
            Access { blocked: vec!["/v1/agent".into()], writers: vec!["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()] };
        let refused = |method, path, from: &str| access.refusal(&method, path, Some(from.parse().unwrap())).is_some();
        assert!(!refused(Method::GET, "/v1/kv/a", "192.0.2.1"));
        assert!(refused(Method::PUT, "/v1/kv/a", "192.0.2.1"));
        assert!(!refused(Method::PUT, "/v1/kv/a", "10.1.2.3"));
        assert!(!refused(Method::PUT, "/v1/kv/a", "::1"));
        assert!(!refused(Method::PUT, "/v1/kv/a", "::ffff:10.1.2.3"));
        assert!(refused(Method::GET, "/v1/agent/self", "10.1.2.3"));
        assert!(access.refusal(&Method::DELETE, "/v1/kv/a", None).is_some());
    }
}
