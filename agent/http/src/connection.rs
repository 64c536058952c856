//! One connection: taken or refused, served until it ends or the server stops.

use crate::connections::{Most, Refusal};
use crate::head::{Head, Watched};
use crate::shared::Shared;
use crate::{HttpConfig, request};
use dispatch::{Log, Peers};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use rustls::ServerConfig;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// hyper reads with a buffer of at least this size.
const LEAST_BUFFER: usize = 8 * 1024;
/// Requests at once on a connection of HTTP/2: as many as a client may have connections.
const MOST_STREAMS: u32 = 200;
/// Bytes of an answer that wait to be written for each of them.
const MOST_BUFFERED: usize = 64 * 1024;
/// How long, and for how many bytes, a refused client is listened to.
const FAREWELL: (Duration, u64) = (Duration::from_millis(100), 64 * 1024);

/// Serves a connection, over TLS if there is a configuration for it, until it ends or `stop`.
pub(crate) async fn serve<L: Log, P: Peers, S>(
    stream: S,
    tls: Option<Arc<ServerConfig>>,
    from: Option<IpAddr>,
    shared: Arc<Shared<L, P>>,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let config = shared.config();
    let most = Most { in_all: config.max_connections, per_client: config.max_connections_per_client };
    let _open = match shared.connections.open(from, most) {
        Ok(open) => open,
        Err(refusal) => {
            shared.counters.refused.fetch_add(1, Ordering::Relaxed);
            // In the middle of a handshake there is nothing to say.
            if tls.is_none() {
                refuse(stream, refusal).await;
            }
            return;
        }
    };
    let client = Client { from, config, shared, stop };
    let Some(tls) = tls else { return client.http1(stream).await };
    let accepting = tokio::time::timeout(client.config.patience, TlsAcceptor::from(tls).accept(stream));
    let accepted = tokio::select! {
        biased;
        () = client.stop.cancelled() => return,
        accepted = accepting => accepted,
    };
    match accepted {
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => client.http2(stream).await,
        Ok(Ok(stream)) => client.http1(stream).await,
        Ok(Err(error)) => tracing::debug!(?from, %error, "a TLS handshake failed"),
        Err(_) => tracing::debug!(?from, "an HTTPS client did not finish its handshake"),
    }
}

/// A client whose connection was taken, and what it is served by.
struct Client<L, P> {
    from: Option<IpAddr>,
    config: Arc<HttpConfig>,
    shared: Arc<Shared<L, P>>,
    stop: CancellationToken,
}

impl<L: Log, P: Peers> Client<L, P> {
    async fn http1<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S) {
        let head = Arc::new(Head::default());
        let service = service_fn(|request| {
            let head = Arc::clone(&head);
            head.finished();
            async move {
                let response = request::answer(request, self.from, &self.shared, &self.stop).await;
                head.answered();
                Ok::<_, Infallible>(response)
            }
        });
        let stream = Watched { stream, head: Arc::clone(&head) };
        let mut builder = http1::Builder::new();
        // Not `pipeline_flush`: it keeps an answer back while the head of the next request is incomplete.
        builder.max_buf_size(self.config.max_header_bytes.max(LEAST_BUFFER));
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            biased;
            () = self.until_over(connection) => {}
            () = head.overdue(self.config.patience) => {
                tracing::debug!(from = ?self.from, "an HTTP client did not finish the head of its request");
            }
        }
    }

    async fn http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S) {
        let service = service_fn(|request| {
            // Each request is a task of its own.
            let (from, shared, stop) = (self.from, Arc::clone(&self.shared), self.stop.clone());
            async move { Ok::<_, Infallible>(request::answer(request, from, &shared, &stop).await) }
        });
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(MOST_STREAMS)
            .max_send_buf_size(MOST_BUFFERED)
            .max_header_list_size(u32::try_from(self.config.max_header_bytes).unwrap_or(u32::MAX))
            // A client that is gone, or keeps a head back, does not answer.
            .keep_alive_interval(self.config.patience)
            .keep_alive_timeout(self.config.patience);
        self.until_over(builder.serve_connection(TokioIo::new(stream), service)).await;
    }

    /// Drives a connection to its end. After the stop it takes no more requests, and those under way have as long as the drain lasts.
    async fn until_over(&self, connection: impl GracefulConnection<Error = hyper::Error>) {
        tokio::pin!(connection);
        let outcome = tokio::select! {
            biased;
            outcome = connection.as_mut() => outcome,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    outcome = connection.as_mut() => outcome,
                    () = self.shared.over.cancelled() => return,
                }
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(from = ?self.from, %error, "an HTTP connection broke");
        }
    }
}

/// Says why, and lets the client read it: closing with unread bytes would reset the connection, and the answer be lost.
async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, refusal: Refusal) {
    let answer: &[u8] = match refusal {
        Refusal::Client => b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        Refusal::Full => b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    };
    let farewell = async {
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(FAREWELL.1), &mut tokio::io::sink()).await
    };
    // Whether the client heard it is its own affair.
    let _ = tokio::time::timeout(FAREWELL.0, farewell).await;
}
