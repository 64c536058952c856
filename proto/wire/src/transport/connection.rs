//! One accepted connection: TLS, HTTP/2, and which service a request is for.

use super::socket;
use crate::{
    calls::{self, server::CallsService},
    handler::{RaftHandlers, WatchHandler},
    limits::{
        CONNECTION_WINDOW_BYTES, HTTP2_FRAME_BYTES, MAX_FRAMES_BYTES, MAX_HEADER_LIST_BYTES, PING_EVERY, PING_TIMEOUT, SEND_BUFFER_BYTES,
        STREAM_WINDOW_BYTES, ServerLimits,
    },
    peer::PeerInfo,
    raft, topology,
    transport::grpc::answering,
};
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep_until, timeout_at},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body};

/// What all connections of a port share.
pub(crate) struct Shared {
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) calls: Option<CallsService>,
    pub(crate) raft: Option<RaftHandlers>,
    pub(crate) topology: Option<WatchHandler>,
    pub(crate) limits: ServerLimits,
    pub(crate) stopping: CancellationToken,
}

/// Why a connection ended early. All happen in normal life.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("no request within the handshake time")]
    Silent,
    #[error("peer wants a protocol other than h2")]
    Protocol,
}

/// Serves one connection until it ends.
pub(crate) async fn run(stream: TcpStream, addr: SocketAddr, shared: &Arc<Shared>) -> Result<(), Ended> {
    let deadline = Instant::now() + shared.limits.handshake;
    socket::tune(&stream)?;
    let Some(config) = &shared.tls else {
        let peer = PeerInfo { addr, certificates: Arc::new([]) };
        return serve_http2(stream, peer, shared, deadline).await;
    };
    let accepting = TlsAcceptor::from(Arc::clone(config)).accept(stream);
    let stream = timeout_at(deadline, accepting).await.map_err(|_| Ended::Silent)??;
    let (_, session) = stream.get_ref();
    if session.alpn_protocol().is_some_and(|protocol| protocol != b"h2") {
        return Err(Ended::Protocol);
    }
    let certificates = session.peer_certificates().unwrap_or_default();
    let certificates = certificates.iter().map(|certificate| certificate.clone().into_owned()).collect();
    serve_http2(stream, PeerInfo { addr, certificates }, shared, deadline).await
}

async fn serve_http2(
    io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: PeerInfo,
    shared: &Arc<Shared>,
    deadline: Instant,
) -> Result<(), Ended> {
    let asked = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let (shared, asked) = (Arc::clone(shared), Arc::clone(&asked));
        move |request| {
            asked.store(true, Ordering::Relaxed);
            let (shared, peer) = (Arc::clone(&shared), peer.clone());
            async move { Ok::<_, Infallible>(route(&shared, peer, request).await) }
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .adaptive_window(false)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_frame_size(HTTP2_FRAME_BYTES)
        .max_header_list_size(MAX_HEADER_LIST_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .max_concurrent_streams(shared.limits.streams_per_connection)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT)
        .serve_connection(TokioIo::new(io), service);
    tokio::pin!(connection);
    let mut told = false;
    let mut proven = false;
    loop {
        tokio::select! {
            biased;
            () = shared.stopping.cancelled(), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep_until(deadline), if !proven => {
                proven = true;
                if !asked.load(Ordering::Relaxed) {
                    return Err(Ended::Silent);
                }
            }
            ended = connection.as_mut() => return Ok(ended?),
        }
    }
}

async fn route(shared: &Shared, peer: PeerInfo, request: Request<Incoming>) -> Response<Body> {
    let response = match request.uri().path() {
        calls::OPEN => match shared.calls.clone() {
            Some(service) => Some(open(service, peer, request).await),
            None => None,
        },
        topology::WATCH => match shared.topology.clone() {
            Some(handler) => Some(topology::server::watch(handler, peer, shared.stopping.clone(), request).await),
            None => None,
        },
        path => match (&shared.raft, raft::Method::of(path)) {
            (Some(handlers), Some(method)) => Some(raft::server::handle(handlers, method, peer, request).await),
            _ => None,
        },
    };
    response.unwrap_or_else(|| Status::unimplemented("").into_http())
}

async fn open(service: CallsService, peer: PeerInfo, request: Request<Incoming>) -> Response<Body> {
    let session = tower::service_fn(|request: tonic::Request<_>| {
        let frames = service.clone().open(peer.clone(), request.into_inner());
        std::future::ready(Ok::<_, Status>(tonic::Response::new(frames)))
    });
    answering(MAX_FRAMES_BYTES).streaming(session, request).await
}
