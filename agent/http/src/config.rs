//! How the edge can be set.

use crate::Access;
use api::http::Context;
use http::HeaderMap;
use std::time::Duration;

/// What can be set.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// What requests do not say.
    pub context: Context,
    /// Who is kept out.
    pub access: Access,
    /// Headers added to every answer (`http_config.response_headers`).
    pub response_headers: HeaderMap,
    /// Connections in all.
    pub max_connections: usize,
    /// Connections from one address (`limits.http_max_conns_per_client`).
    pub max_connections_per_client: usize,
    /// Bytes of answers that all clients together have asked for and not read.
    pub max_unsent: usize,
    /// Bytes of answers that clients of one address have asked for and not read.
    pub max_unsent_per_client: usize,
    /// Greatest head of a request, in bytes (`http_config.max_header_bytes`).
    pub max_header_bytes: usize,
    /// How long a client may take to finish the head of a request it has begun, and how long to send its body.
    pub patience: Duration,
    /// How long requests may go on after the stop.
    pub drain: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            context: Context::default(),
            access: Access::default(),
            response_headers: HeaderMap::new(),
            max_connections: 64 * 1024,
            max_connections_per_client: 200,
            max_unsent: 1024 * 1024 * 1024,
            max_unsent_per_client: 128 * 1024 * 1024,
            max_header_bytes: 1024 * 1024,
            patience: Duration::from_secs(30),
            drain: Duration::from_secs(5),
        }
    }
}
