//! Handlers that are URLs.

use crate::Delivery;
use crate::tail::Tail;
use bytes::Bytes;
use ca::tls::{CheckPeers, EdgeTls, SYSTEM_AUTHORITIES};
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::time_provider::DefaultTimeProvider;
use rustls_pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::either::Either;

/// A URL to which every delivery is sent: its JSON as the body, its index in `X-Consul-Index`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// `http` or `https`, with a host.
    pub url: Uri,
    /// Mostly `POST`.
    pub method: Method,
    /// Sent along.
    pub headers: HeaderMap,
    /// For the whole exchange.
    pub timeout: Duration,
    /// Take any certificate.
    pub tls_skip_verify: bool,
}

/// Why a delivery did not arrive.
#[derive(Debug, Error)]
pub enum HookError {
    /// It is no URL to which anything can be sent.
    #[error("not an http or https URL with a host")]
    Url,
    /// Nobody answers there.
    #[error("connecting: {0}")]
    Connect(#[from] io::Error),
    /// There is no TLS.
    #[error("tls: {0}")]
    Tls(String),
    /// The answer is no HTTP, or broke off.
    #[error("{0}")]
    Http(#[from] hyper::Error),
    /// The parts make no request.
    #[error("{0}")]
    Request(#[from] http::Error),
    /// It took too long.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// It was refused.
    #[error("unexpected response code: {0}")]
    Status(StatusCode),
}

impl Hook {
    /// Sends it; `output` gets the end of what is answered.
    ///
    /// # Errors
    /// See [`HookError`]; any status but 2xx is one.
    pub async fn send(&self, delivery: &Delivery, output: &mut Tail) -> Result<(), HookError> {
        match timeout(self.timeout, self.exchange(delivery, output)).await {
            Ok(sent) => sent,
            Err(_) => Err(HookError::Timeout(self.timeout)),
        }
    }

    async fn exchange(&self, delivery: &Delivery, output: &mut Tail) -> Result<(), HookError> {
        let (Some(authority), Some(secure)) = (self.url.authority(), self.is_secure()) else { return Err(HookError::Url) };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(if secure { 443 } else { 80 }))).await?;
        let stream = if secure { Either::Right(self.shake_hands(stream, host).await?) } else { Either::Left(stream) };
        let mut request = Request::new(Full::new(Bytes::from(delivery.payload.to_string())));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.url.path_and_query().map_or_else(|| Uri::from_static("/"), |target| Uri::from(target.clone()));
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::try_from(authority.as_str()).map_err(http::Error::from)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(self.headers.clone());
        headers.insert("x-consul-index", delivery.index.into());

        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let talk = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            let mut body = response.into_body();
            while let Some(frame) = body.frame().await {
                output.push(frame?.data_ref().map_or(&[][..], Bytes::as_ref));
            }
            if status.is_success() { Ok(()) } else { Err(HookError::Status(status)) }
        };
        // The connection moves along while the request is under way, and no longer.
        let (mut connection, mut talk) = (std::pin::pin!(connection), std::pin::pin!(talk));
        tokio::select! {
            said = &mut talk => return said,
            _ = &mut connection => {}
        }
        talk.await
    }

    /// `None` for a scheme that is not spoken.
    fn is_secure(&self) -> Option<bool> {
        match self.url.scheme_str() {
            Some("http") => Some(false),
            Some("https") => Some(true),
            _ => None,
        }
    }

    async fn shake_hands(&self, stream: TcpStream, host: &str) -> Result<tokio_rustls::client::TlsStream<TcpStream>, HookError> {
        let system;
        let peers = if self.tls_skip_verify {
            CheckPeers::Any
        } else {
            let bundle = SYSTEM_AUTHORITIES.iter().find_map(|path| std::fs::read(path).ok());
            system = bundle.ok_or_else(|| HookError::Tls("no certificate authorities found on this system".to_owned()))?;
            CheckPeers::Under(&system)
        };
        let edge = EdgeTls::new(Arc::new(DefaultTimeProvider));
        let config = edge.check_client(&peers, None, &[b"http/1.1"]).map_err(|error| HookError::Tls(error.to_string()))?;
        let name = ServerName::try_from(host.to_owned()).map_err(|_| HookError::Tls(format!("{host} is no server name")))?;
        Ok(TlsConnector::from(config).connect(name, stream).await?)
    }
}
