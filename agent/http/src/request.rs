//! One request: its body read within bounds, the call, the answer.

use crate::content::Content;
use crate::shared::Shared;
use crate::unsent::{Budget, OverBudget};
use crate::{HttpConfig, Lines, encoding};
use api::http::{Context, Found, Origin, Written, find, note_freshness, parse, plain_path, render, text};
use api::{Local, Op};
use bytes::Bytes;
use dispatch::{Log, Peers};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub(crate) async fn answer<L: Log, P: Peers>(
    request: Request<Incoming>,
    from: Option<IpAddr>,
    shared: &Shared<L, P>,
    stop: &CancellationToken,
) -> Response<Content> {
    let (head, body) = request.into_parts();
    let config = shared.config();
    // A path that cannot be read is refused later.
    let path = plain_path(head.uri.path()).unwrap_or_default();
    let takes_gzip = encoding::takes_gzip(&head.headers);
    let answered = match config.access.refusal(&head.method, &path, from) {
        Some(refusal) => Answered::refused(refusal),
        None => called(head, body, from, &config, shared).await,
    };
    shared.counters.requests.fetch_add(1, Ordering::Relaxed);
    match answered {
        Answered::Whole(response) => {
            if response.status().is_server_error() {
                shared.counters.failures.fetch_add(1, Ordering::Relaxed);
            }
            let budget = Budget { in_all: config.max_unsent, per_client: config.max_unsent_per_client };
            let keep = |bytes| shared.unsent.count(from, bytes, budget);
            let encoded = encoding::encode(takes_gzip, completed(response, &config), &shared.compressors, keep);
            encoded.unwrap_or_else(|over| completed(over_budget(over, budget), &config).map(Content::whole))
        }
        // As they come: a compressor would keep them back.
        Answered::Lines(lines) => completed(Response::new(Content::lines(lines, stop)), &config),
    }
}

/// What to send.
enum Answered {
    Whole(Response<Written>),
    Lines(Box<dyn Lines>),
}

impl Answered {
    fn refused(why: Response<Bytes>) -> Self {
        Self::Whole(why.map(Written::from))
    }
}

/// The answer to whoever does not read the answers that it asks for, or comes while others do not.
fn over_budget(over: OverBudget, budget: Budget) -> Response<Bytes> {
    let (status, most, who) = match over {
        OverBudget::Client => (StatusCode::TOO_MANY_REQUESTS, budget.per_client, "this client"),
        OverBudget::All => (StatusCode::SERVICE_UNAVAILABLE, budget.in_all, "all clients"),
    };
    text(status, format!("rate limit exceeded, try again later: answers of more than {most} bytes are not yet read by {who}"))
}

/// The headers that every answer has.
fn completed<T>(mut response: Response<T>, config: &HttpConfig) -> Response<T> {
    let headers = response.headers_mut();
    headers.insert(ACL_POLICY, HeaderValue::from_static("allow"));
    if config.context.translate_wan_addrs {
        headers.insert(TRANSLATES, HeaderValue::from_static("true"));
    }
    for (name, value) in &config.response_headers {
        headers.insert(name, value.clone());
    }
    response
}

const ACL_POLICY: HeaderName = HeaderName::from_static("x-consul-default-acl-policy");
/// The addresses of other datacenters are not those that these have themselves.
const TRANSLATES: HeaderName = HeaderName::from_static("x-consul-translate-addresses");

async fn called<L: Log, P: Peers>(
    head: Parts,
    body: Incoming,
    from: Option<IpAddr>,
    config: &HttpConfig,
    shared: &Shared<L, P>,
) -> Answered {
    let context = &config.context;
    let found = match find(&head) {
        Ok(found) => found,
        Err(rejected) => return Answered::refused(rejected),
    };
    let asks_first = head.headers.contains_key(header::EXPECT);
    let body = match read(body, found.body_limit(context), asks_first, config.patience).await {
        Ok(body) => body,
        Err(unread) => return Answered::refused(unread.answer(&found, context)),
    };
    let parsed = match parse(&found, &head, &body, context, Origin { from, seed: rand::random() }) {
        Ok(parsed) => parsed,
        Err(rejected) => return Answered::refused(rejected),
    };
    // The call may wait for minutes, and a head can be a megabyte.
    drop((found, head));
    let op = Arc::clone(&parsed.call.op);
    if let Some(policy) = parsed.cache {
        return Answered::Whole(match shared.dispatcher.call_kept(parsed.call, policy).await {
            Ok((answer, freshness)) => {
                let mut response = render(&op, parsed.style, Ok(context.told(answer)));
                note_freshness(&mut response, freshness);
                response
            }
            Err(error) => render(&op, parsed.style, Err(error)),
        });
    }
    let mut result = shared.dispatcher.call(parsed.call).await;
    if let (Op::Local(Local::AgentMonitor(asked)), Ok(_), Some(logs)) = (&*op, &result, &shared.logs) {
        match logs.lines(asked) {
            Ok(lines) => return Answered::Lines(lines),
            Err(error) => result = Err(error),
        }
    }
    Answered::Whole(render(&op, parsed.style, result.map(|answer| context.told(answer))))
}

/// Why a body was not read.
#[derive(Debug)]
enum Unread {
    /// It is larger than the endpoint takes; with its size, if the request says it.
    TooLarge(Option<u64>),
    /// Nothing more of it came for too long.
    Slow,
    /// It ended early, or its chunks make no sense.
    Broken,
}

impl Unread {
    fn answer(&self, found: &Found, context: &Context) -> Response<Bytes> {
        match self {
            Self::TooLarge(size) => found.too_large(*size, context),
            Self::Slow => text(StatusCode::REQUEST_TIMEOUT, "the request's body did not come in time"),
            Self::Broken => text(StatusCode::BAD_REQUEST, "the request's body ended before it was complete"),
        }
    }
}

/// Reads a body of at most `limit` bytes. An endpoint that takes none does not look at it. A client that `asks_first` has sent nothing yet.
async fn read(body: Incoming, limit: usize, asks_first: bool, patience: Duration) -> Result<Bytes, Unread> {
    if limit == 0 || body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let size = body.size_hint().exact();
    // What a client announces is believed only as a reason to refuse, never as a reason to allocate.
    if size.is_some_and(|size| size > limit as u64) {
        // Most clients send their whole body before they look for an answer, and would find a closed connection instead of it.
        if !asks_first {
            discard(body, limit.saturating_add(MOST_DISCARDED), patience).await;
        }
        return Err(Unread::TooLarge(size));
    }
    // A body that has come already costs no timer: the first poll finishes before the timer's.
    match tokio::time::timeout(patience, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge(None)),
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::Slow),
    }
}

/// How much of a body beyond its limit is read for nothing.
const MOST_DISCARDED: usize = 1024 * 1024;

/// Reads at most `most` bytes and keeps none.
async fn discard(mut body: Incoming, most: usize, patience: Duration) {
    let all = async {
        let mut read = 0usize;
        while read < most {
            match body.frame().await {
                Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len),
                Some(Err(_)) | None => return,
            }
        }
    };
    // Whoever is too slow to be refused is refused all the same.
    let _ = tokio::time::timeout(patience, all).await;
}
