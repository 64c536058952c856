//! Why a request has no good answer, in the words Consul's users know.

use std::fmt::Display;
use std::io;

use hyper::Method;
use thiserror::Error;

use crate::os_error;

/// A request that failed.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    /// No answer came: the agent is down, or something on the way.
    #[error("{} {url:?}: {cause}", verb(method))]
    Transport { method: Method, url: String, cause: TransportError },
    /// The agent refused, in its own words.
    #[error("Unexpected response code: {code} ({body})")]
    Status { code: u16, body: String },
    /// The answer is not the JSON it should be: something else listens there.
    #[error("Unexpected answer: {0}")]
    Json(#[from] serde_json::Error),
}

/// What happened to the connection.
#[derive(Debug, Error)]
pub(crate) enum TransportError {
    /// Nobody listens, or the way there is closed.
    #[error("dial {network} {address}: connect: {}", os_error::text(cause))]
    Dial { network: &'static str, address: String, cause: io::Error },
    /// The host's name has no address.
    #[error("dial tcp: lookup {0}: no such host")]
    Lookup(String),
    /// The connection was not established in time.
    #[error("dial: i/o timeout")]
    DialTimeout,
    /// The connection stands and no answer came in time.
    #[error("timeout awaiting the answer")]
    AnswerTimeout,
    /// The handshake failed: a certificate not trusted, or no TLS at all there.
    #[error("tls: {}", os_error::text(.0))]
    Tls(io::Error),
    /// The expected name can be in no certificate.
    #[error("tls: invalid server name {0:?}")]
    ServerName(String),
    /// A token or password with characters that a header cannot carry.
    #[error("invalid characters in the value of {0}")]
    Header(&'static str),
    /// A request that HTTP cannot carry, such as a key of 64 KiB.
    #[error("invalid request: {0}")]
    Request(#[from] hyper::http::Error),
    /// The connection broke or its content is not HTTP.
    #[error("{0}")]
    Http(#[from] hyper::Error),
    /// The body broke off or is larger than we take.
    #[error("reading the answer: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
}

impl TransportError {
    pub(super) fn dial(network: &'static str, address: impl Display, cause: io::Error) -> Self {
        Self::Dial { network, address: address.to_string(), cause }
    }
}

/// The method as a word: `Get`.
fn verb(method: &Method) -> String {
    let (first, rest) = method.as_str().split_at(1);
    format!("{first}{}", rest.to_ascii_lowercase())
}
