//! A request as the endpoints see it, and what they make of it.

use super::{Context, Query, Style};
use crate::Op;
use bytes::Bytes;
use http::HeaderMap;
use std::net::IpAddr;
use std::time::Duration;

/// What no request says of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    /// Whose connection it came by; `None` on a Unix socket.
    pub from: Option<IpAddr>,
    /// Random: it spreads the waits of blocking reads that began together.
    pub seed: u64,
}

/// What there is of a request once its endpoint is found.
pub(crate) struct Request<'r> {
    /// The path behind the endpoint's own, decoded.
    pub(crate) rest: &'r str,
    pub(crate) query: &'r Query<'r>,
    pub(crate) headers: &'r HeaderMap,
    /// Who is connected.
    pub(crate) from: Option<IpAddr>,
    pub(crate) body: &'r Bytes,
    pub(crate) context: &'r Context,
}

/// What an endpoint makes of a request: an operation, for a datacenter when the body rather than the query names one.
pub(crate) struct Asked {
    pub(crate) op: Op,
    pub(crate) dc: Option<String>,
    pub(crate) style: Style,
    /// How long whoever answers may keep it waiting, beyond the time of other calls.
    pub(crate) held: Duration,
}

impl<O: Into<Op>> From<O> for Asked {
    fn from(op: O) -> Self {
        Self { op: op.into(), dc: None, style: Style::default(), held: Duration::ZERO }
    }
}
