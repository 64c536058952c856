//! One request: its body read within bounds, the call, the answer.

use crate::encoding;
use crate::server::Shared;
use api::http::{ClientAddress, Found, find, parse, render, text};
use bytes::Bytes;
use dispatch::{Log, Peers};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) async fn answer<L: Log, P: Peers>(request: Request<Incoming>, from: Option<IpAddr>, shared: &Shared<L, P>) -> Response<Bytes> {
    let (mut head, body) = request.into_parts();
    let mut response = match shared.config.access.refusal(&head.method, head.uri.path(), from) {
        Some(refusal) => refusal,
        None => called(&mut head, body, from, shared).await,
    };
    shared.counters.requests.fetch_add(1, Ordering::Relaxed);
    if response.status().is_server_error() {
        shared.counters.failures.fetch_add(1, Ordering::Relaxed);
    }
    let headers = response.headers_mut();
    headers.insert(ACL_POLICY, HeaderValue::from_static("allow"));
    for (name, value) in &shared.config.response_headers {
        headers.insert(name, value.clone());
    }
    encoding::compress(&head.headers, response)
}

const ACL_POLICY: HeaderName = HeaderName::from_static("x-consul-default-acl-policy");

async fn called<L: Log, P: Peers>(head: &mut Parts, body: Incoming, from: Option<IpAddr>, shared: &Shared<L, P>) -> Response<Bytes> {
    let context = &shared.config.context;
    let found = match find(head) {
        Ok(found) => found,
        Err(rejected) => return rejected,
    };
    if let Some(from) = from.filter(|_| found.wants_address()) {
        head.extensions.insert(ClientAddress(from));
    }
    let asks_first = head.headers.contains_key(header::EXPECT);
    let body = match read(body, found.body_limit(context), asks_first, shared.config.patience).await {
        Ok(body) => body,
        Err(unread) => return unread.answer(&found, shared),
    };
    let parsed = match parse(&found, head, &body, context, rand::random()) {
        Ok(parsed) => parsed,
        Err(rejected) => return rejected,
    };
    let op = Arc::clone(&parsed.call.op);
    render(&op, parsed.style, shared.dispatcher.call(parsed.call).await)
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
    fn answer<L, P>(&self, found: &Found, shared: &Shared<L, P>) -> Response<Bytes> {
        match self {
            Self::TooLarge(size) => found.too_large(*size, &shared.config.context),
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
