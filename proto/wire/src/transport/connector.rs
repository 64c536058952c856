//! How to reach one server.

use super::{
    channel::Channel,
    client_tls::{ClientTls, Generation},
    redial::Redial,
    socket,
};
use crate::{
    error::ConnectError,
    limits::{
        CONNECTION_WINDOW_BYTES, ClientLimits, HTTP2_FRAME_BYTES, MAX_HEADER_LIST_BYTES, PING_EVERY, PING_TIMEOUT, SEND_BUFFER_BYTES,
        STREAM_WINDOW_BYTES,
    },
};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// One server's address, what its certificate must say, and the limits of the client that dials it.
#[derive(Clone)]
pub struct Connector {
    /// Where it listens.
    pub addr: SocketAddr,
    /// TLS; `None` speaks HTTP/2 in the clear.
    pub tls: Option<ClientTls>,
    /// Bounds of the client.
    pub limits: ClientLimits,
}

impl Connector {
    /// A connector with default limits.
    #[must_use]
    pub fn new(addr: SocketAddr, tls: Option<ClientTls>) -> Self {
        Self { addr, tls, limits: ClientLimits::default() }
    }

    /// Connections to this server, made when needed.
    pub(crate) fn channels(self) -> Redial<Channel> {
        let (addr, limits, generation) = (self.addr, self.limits, self.generation());
        Redial::new(addr, limits, generation, move || {
            let connector = self.clone();
            Box::pin(async move { connector.dial().await })
        })
    }

    /// What makes its connections out of date.
    pub(crate) fn generation(&self) -> Generation {
        self.tls.as_ref().map(|tls| tls.generation.clone()).unwrap_or_default()
    }

    pub(crate) async fn dial(&self) -> Result<Channel, ConnectError> {
        let within = self.limits.connect;
        let dialled = timeout(within, self.dial_unbounded()).await;
        dialled.unwrap_or_else(|_| Err(ConnectError::timed_out(self.addr, within)))
    }

    async fn dial_unbounded(&self) -> Result<Channel, ConnectError> {
        let failed = |error: std::io::Error| ConnectError::new(self.addr, error);
        let stream = TcpStream::connect(self.addr).await.map_err(failed)?;
        socket::tune(&stream).map_err(failed)?;
        match &self.tls {
            None => self.handshake(stream).await,
            Some(tls) => {
                let connector = TlsConnector::from(Arc::clone(&tls.config));
                let stream = connector.connect(tls.name.clone(), stream).await.map_err(failed)?;
                self.handshake(stream).await
            }
        }
    }

    async fn handshake(&self, io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Channel, ConnectError> {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .adaptive_window(false)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_frame_size(HTTP2_FRAME_BYTES)
            .max_header_list_size(MAX_HEADER_LIST_BYTES)
            .max_send_buf_size(SEND_BUFFER_BYTES)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_TIMEOUT)
            .keep_alive_while_idle(true)
            .handshake(TokioIo::new(io))
            .await
            .map_err(|error| ConnectError::new(self.addr, error))?;
        let addr = self.addr;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%addr, %error, "connection ended");
            }
        });
        Ok(Channel::new(sender))
    }
}
