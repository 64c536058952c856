//! A request into a call.

use super::request::{Asked, Origin, Request};
use super::response::{bad_request, empty};
use super::watched::is_watched;
use super::{Context, Found, Query, Rejected, Style, caching, duration, query, token};
use crate::{CachePolicy, Call, Consistency, Datacenter, Local, MAX_HOPS, Op, Trace, Wait};
use bytes::Bytes;
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// A request that is a call, and how its answer is to be written.
pub struct Parsed {
    /// The call.
    pub call: Call,
    /// How to write its answer.
    pub style: Style,
    /// What the caller takes of answers that are kept; `None` for one that is asked for now.
    pub cache: Option<CachePolicy>,
}

/// Turns a request into a call.
///
/// # Errors
/// The answer to a request that makes no sense.
pub fn parse(found: &Found, head: &http::request::Parts, body: &Bytes, context: &Context, origin: Origin) -> Result<Parsed, Rejected> {
    let query = Query::parse(head.uri.query().unwrap_or("")).map_err(|_| empty(StatusCode::INTERNAL_SERVER_ERROR))?;
    let request = Request { rest: found.rest(), query: &query, headers: &head.headers, from: origin.from, body, context };
    let consistency = consistency(&query)?;
    let wait = wait(&query, context, origin.seed)?;
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
    let jitter = (limit / 16).mul_f64(seed::unit(seed));
    Ok(Some(Wait { index, limit: limit + jitter }))
}
