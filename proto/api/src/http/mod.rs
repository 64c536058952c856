//! HTTP is a syntax for calls: parsed one way, rendered the other. Pure, so both are table-tested.
//!
//! An edge [`find`]s the endpoint first, since the endpoint says how large a body it takes; then it reads the body, [`parse`]s, calls,
//! and [`render`]s. Everything that all endpoints share (`dc`, tokens, consistency, blocking, `pretty`, headers, methods) is here;
//! what one family has of its own is in the file of that family.

#![expect(clippy::result_large_err, reason = "a rejection is a whole response: made once per bad request, and then written")]

mod agent;
mod body;
mod caching;
mod catalog;
mod coordinate;
mod decode;
pub mod definitions;
pub mod duration;
mod event;
mod health;
mod keyring;
mod kv;
mod local;
mod operator;
mod prepared;
mod query;
mod render;
mod routes;
mod select;
mod shapes;
mod token;
mod txn;
mod virtual_ip;

pub(crate) use body::base64;
pub use body::{base64_or_null, duration_ms, duration_ns, go_float, go_floats, null_if_empty, opaque};
pub use caching::note_freshness;
pub use local::service_value;
pub use query::{Query, plain_path};
pub use render::{Style, render, text};
pub use routes::{Found, find};

use crate::{Answer, CachePolicy, Call, Class, Consistency, Datacenter, Error, Local, MAX_HOPS, Op, Read, Trace, Wait, translate};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What an edge knows that a request does not say.
#[derive(Clone, Debug)]
pub struct Context {
    /// The name of this node: what `near=_agent` means.
    pub node: String,
    /// The datacenter of this node: what a registration that names none is for.
    pub datacenter: String,
    /// Greatest value of a key, in bytes (`limits.kv_max_value_size`).
    pub kv_max_value_size: usize,
    /// Greatest transaction, in bytes (`limits.txn_max_req_len`).
    pub txn_max_req_len: usize,
    /// How long a blocking read waits that does not say (`default_query_time`).
    pub default_query_time: Duration,
    /// How long it waits at the most (`max_query_time`).
    pub max_query_time: Duration,
    /// How long a call may take that does not block.
    pub call_time: Duration,
    /// Whether network coordinates are kept (`disable_coordinates`).
    pub coordinates: bool,
    /// Indent all JSON, as `-dev` does.
    pub pretty: bool,
    /// Whether `?cached` counts (`http_config.use_cache`).
    pub use_cache: bool,
    /// Whether nodes and instances of other datacenters are told by their WAN addresses (`translate_wan_addrs`).
    pub translate_wan_addrs: bool,
}

impl Context {
    /// An answer as this node tells it.
    #[must_use]
    pub fn told(&self, answer: Answer) -> Answer {
        if self.translate_wan_addrs { translate::answer(answer, &self.datacenter) } else { answer }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self {
            node: String::new(),
            datacenter: String::new(),
            kv_max_value_size: crate::kv::VALUE_LIMIT,
            txn_max_req_len: crate::kv::VALUE_LIMIT,
            default_query_time: Duration::from_secs(300),
            max_query_time: Duration::from_secs(600),
            call_time: Duration::from_secs(30),
            coordinates: true,
            pretty: false,
            use_cache: true,
            translate_wan_addrs: false,
        }
    }
}

/// Whose connection a request came by: an edge puts it among the extensions of the head, where [`Found::wants_address`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// A request that is a call, and how its answer is to be written.
pub struct Parsed {
    /// The call.
    pub call: Call,
    /// How to write its answer.
    pub style: Style,
    /// What the caller takes of answers that are kept; `None` for one that is asked for now.
    pub cache: Option<CachePolicy>,
}

/// A request as the endpoints see it.
pub(crate) struct Request<'r> {
    /// The path behind the endpoint's own, decoded.
    pub(crate) rest: &'r str,
    pub(crate) query: &'r Query<'r>,
    pub(crate) headers: &'r HeaderMap,
    /// Who is connected, where the endpoint wants to know.
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

/// A request that is no call, and what to answer it.
pub type Rejected = Response<Bytes>;

/// Turns a request into a call. `seed` is random: it spreads the waits of blocking reads that began together.
///
/// # Errors
/// The answer to a request that makes no sense.
pub fn parse(found: &Found, head: &http::request::Parts, body: &Bytes, context: &Context, seed: u64) -> Result<Parsed, Rejected> {
    let query = Query::parse(head.uri.query().unwrap_or("")).map_err(|_| empty(StatusCode::INTERNAL_SERVER_ERROR))?;
    let from = head.extensions.get::<ClientAddress>().map(|from| from.0);
    let request = Request { rest: found.rest(), query: &query, headers: &head.headers, from, body, context };
    let consistency = consistency(&query)?;
    let wait = wait(&query, context, seed)?;
    found.check_namespace(&request)?;
    let Asked { op, dc, mut style, held } = found.ask(&request)?;
    style.pretty = context.pretty || query.has("pretty");
    let dc = dc.or_else(|| query.filled("dc").map(str::to_owned)).filter(|dc| !dc.is_empty());
    let waits = wait.filter(|_| is_watched(&op) || matches!(op, Op::Local(Local::EventList(_))));
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let call = Call {
        op: Arc::new(op),
        dc: dc.map(Datacenter),
        consistency,
        wait: waits,
        token: token::of(&request),
        trace: Trace::from_headers(header("traceparent"), header("tracestate")),
        via: Vec::new(),
        hops_left: MAX_HOPS,
        time_left: waits.map_or(held, |wait| wait.limit) + context.call_time,
    };
    let cache = caching::policy(&call.op, &query, &head.headers, context)?;
    Ok(Parsed { call, style, cache })
}

/// Whether an answer says an index in its headers, and can be waited for. A transaction that only looks is a body like any other
/// transaction's, an explained query is one like its execution, and Consul does not have the autopilot's configuration watched.
pub(crate) fn is_watched(op: &Op) -> bool {
    let unwatched = |read: &Read| matches!(read, Read::TxnRead(_) | Read::AutopilotConfiguration(_) | Read::QueryExplain(_));
    op.row().class == Class::Read && !matches!(op, Op::Read(read) if unwatched(read))
}

fn consistency(query: &Query<'_>) -> Result<Consistency, Rejected> {
    let max = match query.filled("max_stale") {
        None => None,
        Some(text) => {
            let max = duration::parse(text).ok_or_else(|| bad_request(format!("Invalid max_stale value {text:?}")))?;
            (max > Duration::ZERO).then_some(max)
        }
    };
    let stale = query.has("stale") || max.is_some();
    if !query.has("consistent") {
        return Ok(if stale { Consistency::Stale { max } } else { Consistency::Default });
    }
    if stale {
        return Err(bad_request("Cannot specify ?stale with ?consistent, conflicting semantics."));
    }
    if query.has("cached") {
        return Err(bad_request("Cannot specify ?cached with ?consistent, conflicting semantics."));
    }
    Ok(Consistency::Consistent)
}

fn wait(query: &Query<'_>, context: &Context, seed: u64) -> Result<Option<Wait>, Rejected> {
    let limit = match query.filled("wait") {
        None => context.default_query_time,
        Some(text) => duration::parse(text).ok_or_else(|| bad_request("Invalid wait time"))?,
    };
    let index = match query.filled("index") {
        None => 0,
        Some(text) => query::uint(text).map_err(|_| bad_request("Invalid index"))?,
    };
    if index == 0 {
        return Ok(None);
    }
    let limit = if limit.is_zero() { context.default_query_time } else { limit.min(context.max_query_time) };
    // Up to a sixteenth longer, so that reads that began together do not all come back together.
    let jitter = (limit / 16).mul_f64((seed >> 11) as f64 / (1u64 << 53) as f64);
    Ok(Some(Wait { index, limit: limit + jitter }))
}

/// A 400 with this text.
pub(crate) fn bad_request(why: impl Into<String>) -> Rejected {
    text(StatusCode::BAD_REQUEST, why)
}

/// The answer that an error gives.
pub(crate) fn rejected(error: &Error) -> Rejected {
    text(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error.text.clone())
}

/// A status without a body.
pub(crate) fn empty(status: StatusCode) -> Rejected {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests;
