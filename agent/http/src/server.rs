//! Connections, requests, answers.

use crate::connections::{Connections, Refusal};
use crate::{Access, Bound, encoding};
use api::http::{Context, find, parse, render, text};
use bytes::Bytes;
use dispatch::{Dispatcher, Log, Peers};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
    /// Greatest head of a request, in bytes (`http_config.max_header_bytes`).
    pub max_header_bytes: usize,
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
            max_header_bytes: 1024 * 1024,
            drain: Duration::from_secs(5),
        }
    }
}

/// What happened here, for `/v1/agent/metrics`.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests answered.
    pub requests: AtomicU64,
    /// Of these, with a status of 500 or above.
    pub failures: AtomicU64,
    /// Connections refused since there were too many.
    pub refused: AtomicU64,
}

/// One listener and what it serves.
pub struct HttpServer<L, P> {
    bound: Bound,
    shared: Arc<Shared<L, P>>,
}

struct Shared<L, P> {
    dispatcher: Arc<Dispatcher<L, P>>,
    config: HttpConfig,
    connections: Arc<Connections>,
    counters: Arc<Counters>,
}

impl<L: Log, P: Peers> HttpServer<L, P> {
    /// Serves `dispatcher` on a listener that is bound already.
    pub fn new(bound: Bound, dispatcher: Arc<Dispatcher<L, P>>, config: HttpConfig, counters: Arc<Counters>) -> Self {
        let connections = Connections::new(config.max_connections, config.max_connections_per_client);
        Self { bound, shared: Arc::new(Shared { dispatcher, config, connections, counters }) }
    }

    /// Where it listens, if on TCP.
    #[must_use]
    pub fn addr(&self) -> Option<std::net::SocketAddr> {
        self.bound.addr()
    }

    /// Serves until `stop`, then takes no more connections and lets requests finish, but not for ever.
    pub async fn run(self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = accept(&self.bound) => accepted,
            };
            match accepted {
                Ok(Accepted::Tcp(stream, from)) => {
                    // Answers are small and awaited.
                    let _ = stream.set_nodelay(true);
                    tasks.spawn(serve(stream, Some(from), Arc::clone(&self.shared), stop.clone()));
                }
                Ok(Accepted::Unix(stream)) => {
                    tasks.spawn(serve(stream, None, Arc::clone(&self.shared), stop.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: connections that end make room.
                    tracing::warn!(%error, "cannot accept an HTTP connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        tasks.close();
        if tokio::time::timeout(self.shared.config.drain, tasks.wait()).await.is_err() {
            tracing::warn!(open = self.shared.connections.count(), "HTTP requests were still under way at the end of the drain time");
        }
    }
}

enum Accepted {
    Tcp(tokio::net::TcpStream, IpAddr),
    Unix(tokio::net::UnixStream),
}

async fn accept(bound: &Bound) -> std::io::Result<Accepted> {
    match bound {
        Bound::Tcp(listener) => listener.accept().await.map(|(stream, from)| Accepted::Tcp(stream, from.ip())),
        Bound::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Accepted::Unix(stream)),
    }
}

async fn serve<L: Log, P: Peers, S>(mut stream: S, from: Option<IpAddr>, shared: Arc<Shared<L, P>>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let _open = match shared.connections.open(from) {
        Ok(open) => open,
        Err(refusal) => {
            shared.counters.refused.fetch_add(1, Ordering::Relaxed);
            // The client is told why, but not waited for.
            let status = if refusal == Refusal::Client { "429 Too Many Requests" } else { "503 Service Unavailable" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            let _ = tokio::time::timeout(Duration::from_millis(10), stream.write_all(answer.as_bytes())).await;
            return;
        }
    };
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(request, from, &shared).await.map(Full::new)) }
    });
    let mut builder = http1::Builder::new();
    // A client has half a minute to finish the head of a request (slow-loris); an idle kept connection costs a few kilobytes.
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .pipeline_flush(true)
        .max_buf_size(shared.config.max_header_bytes.max(8 * 1024));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        biased;
        outcome = connection.as_mut() => outcome,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "HTTP connection ended");
    }
}

async fn answer<L: Log, P: Peers>(request: Request<Incoming>, from: Option<IpAddr>, shared: &Shared<L, P>) -> Response<Bytes> {
    let (head, body) = request.into_parts();
    let mut response = match shared.config.access.refusal(&head.method, head.uri.path(), from) {
        Some(refusal) => refusal,
        None => called(&head, body, shared).await,
    };
    shared.counters.requests.fetch_add(1, Ordering::Relaxed);
    if response.status().is_server_error() {
        shared.counters.failures.fetch_add(1, Ordering::Relaxed);
    }
    response.headers_mut().insert(ACL_POLICY, HeaderValue::from_static("allow"));
    response.headers_mut().entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    for (name, value) in &shared.config.response_headers {
        response.headers_mut().insert(name, value.clone());
    }
    encoding::compress(&head.headers, response)
}

const ACL_POLICY: HeaderName = HeaderName::from_static("x-consul-default-acl-policy");

async fn called<L: Log, P: Peers>(head: &http::request::Parts, body: Incoming, shared: &Shared<L, P>) -> Response<Bytes> {
    let context = &shared.config.context;
    let found = match find(head) {
        Ok(found) => found,
        Err(rejected) => return rejected,
    };
    let body = match read(body, found.body_limit(context)).await {
        Ok(body) => body,
        Err(TooLarge::Body(size)) => return found.too_large(size, context),
        Err(TooLarge::Broken) => {
            return text(StatusCode::BAD_REQUEST, "the request's body ended before it was complete");
        }
    };
    let parsed = match parse(&found, head, &body, context, rand::random()) {
        Ok(parsed) => parsed,
        Err(rejected) => return rejected,
    };
    let op = Arc::clone(&parsed.call.op);
    render(&op, parsed.style, shared.dispatcher.call(parsed.call).await)
}

enum TooLarge {
    Body(Option<u64>),
    Broken,
}

/// Reads a body of at most `limit` bytes. An endpoint that takes none does not look at it.
async fn read(body: Incoming, limit: usize) -> Result<Bytes, TooLarge> {
    if limit == 0 || body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let size = body.size_hint().exact();
    // What a client announces is believed only as a reason to refuse, never as a reason to allocate.
    if size.is_some_and(|size| size > limit as u64) {
        return Err(TooLarge::Body(size));
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(TooLarge::Body(None)),
        Err(_) => Err(TooLarge::Broken),
    }
}
