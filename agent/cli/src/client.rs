//! A client of the HTTP API: one request, one connection, one answer.

mod connection;
mod error;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Response;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::runtime::Runtime;
use tokio::time::timeout;

pub(crate) use error::{ApiError, TransportError};

use crate::address::{Address, Endpoint};
use crate::request::Request;
use crate::tls;

/// How long to wait for a connection.
const DIAL_LIMIT: Duration = Duration::from_secs(30);
/// How long to wait for a whole answer. `leave` takes as long as the agent drains, a blocking
/// read up to ten minutes and a sixteenth.
const ANSWER_LIMIT: Duration = Duration::from_secs(700);
/// Largest answer taken, in bytes: an export of all keys is the largest there is.
const ANSWER_SIZE_LIMIT: usize = 256 << 20;

/// How to reach the agent and what to send along.
pub(crate) struct Settings {
    pub(crate) address: Address,
    /// Sent as `X-Consul-Token`.
    pub(crate) token: Option<String>,
    /// Sent as `Authorization`.
    pub(crate) basic_auth: Option<String>,
    pub(crate) tls: tls::Material,
    /// Expected in the agent's certificate instead of the host.
    pub(crate) server_name: Option<String>,
}

/// Sends requests to one agent. Follows no redirects and asks no proxy.
pub(crate) struct Client {
    settings: Settings,
    tls: Option<Arc<ClientConfig>>,
    runtime: Runtime,
}

/// Why there is no client.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// See [`tls::TlsError`].
    #[error("{0}")]
    Tls(#[from] tls::TlsError),
    /// The system has no resources left for a runtime.
    #[error("starting: {0}")]
    Runtime(#[from] io::Error),
}

/// An answer of whatever status.
pub(crate) struct Reply {
    /// HTTP status code.
    pub(crate) status: u16,
    /// `X-Consul-Index`, if there is one.
    pub(crate) index: Option<u64>,
    pub(crate) body: Bytes,
}

/// How a stream of lines ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// What was waited for came first.
    ByUs,
    /// The agent ended it.
    ByAgent,
}

impl Client {
    /// Prepares a client; nothing is dialed yet.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub(crate) fn new(settings: Settings) -> Result<Self, ClientError> {
        let tls = match settings.address.tls || settings.tls.is_given() {
            true => Some(settings.tls.config()?),
            false => None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { settings, tls, runtime })
    }

    /// Sends a request and returns the answer, whatever its status.
    ///
    /// # Errors
    /// No connection, no answer in time, an answer too large.
    pub(crate) fn send(&self, request: &Request) -> Result<Reply, ApiError> {
        self.runtime.block_on(self.exchange(request))
    }

    /// Sends a request and returns the body of a successful answer.
    ///
    /// # Errors
    /// As [`Client::send`]; [`ApiError::Status`] for any status but 200.
    pub(crate) fn ask(&self, request: &Request) -> Result<Bytes, ApiError> {
        self.send(request)?.ok()
    }

    /// Sends a request and decodes the JSON of a successful answer.
    ///
    /// # Errors
    /// As [`Client::ask`]; [`ApiError::Json`] where the body is something else.
    pub(crate) fn ask_json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ApiError> {
        self.send(request)?.ok_json()
    }

    /// Sends a request and hands on the body of a successful answer piece by piece, until it ends
    /// or `until` is there.
    ///
    /// # Errors
    /// As [`Client::ask`] until the answer begins; within, what `sink` failed with. An answer that
    /// breaks off has ended.
    pub(crate) fn follow(
        &self,
        request: &Request,
        until: impl Future<Output = ()>,
        sink: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<io::Result<Ended>, ApiError> {
        self.runtime.block_on(async {
            let mut until = std::pin::pin!(until);
            let target = request.target();
            let opened = tokio::select! {
                () = &mut until => return Ok(Ok(Ended::ByUs)),
                opened = self.open(request, &target) => opened.map_err(|cause| self.failed(request, &target, cause))?,
            };
            if opened.status() != 200 {
                collect(opened).await.map_err(|cause| self.failed(request, &target, cause))?.ok()?;
                return Ok(Ok(Ended::ByAgent));
            }
            let mut body = opened.into_body();
            loop {
                let frame = tokio::select! {
                    () = &mut until => return Ok(Ok(Ended::ByUs)),
                    frame = body.frame() => frame,
                };
                let Some(Ok(frame)) = frame else { return Ok(Ok(Ended::ByAgent)) };
                if let Ok(data) = frame.into_data()
                    && let Err(error) = sink(&data)
                {
                    return Ok(Err(error));
                }
            }
        })
    }

    /// Waits for something longer, of which requests are a part.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Sends a request as part of something longer.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub(crate) async fn exchange(&self, request: &Request) -> Result<Reply, ApiError> {
        let target = request.target();
        let whole = async { collect(self.open(request, &target).await?).await };
        match timeout(ANSWER_LIMIT, whole).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(cause)) => Err(self.failed(request, &target, cause)),
            Err(_) => Err(self.failed(request, &target, TransportError::AnswerTimeout)),
        }
    }

    /// Sends a request and waits for the head of the answer.
    async fn open(&self, request: &Request, target: &str) -> Result<Response<Incoming>, TransportError> {
        let request = self.http(request, target)?;
        let stream = timeout(DIAL_LIMIT, self.dial()).await.map_err(|_| TransportError::DialTimeout)??;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the exchange: the runtime runs only while a request is under way.
        tokio::spawn(connection);
        Ok(sender.send_request(request).await?)
    }

    fn failed(&self, request: &Request, target: &str, cause: TransportError) -> ApiError {
        ApiError::Transport { method: request.method.clone(), url: self.settings.address.url(target), cause }
    }

    async fn dial(&self) -> Result<Box<dyn connection::Stream>, TransportError> {
        let address = &self.settings.address;
        let plain = connection::plain(&address.endpoint).await?;
        match (&self.tls, address.tls) {
            (Some(config), true) => {
                let host = match &address.endpoint {
                    Endpoint::Tcp(host, _) => host,
                    Endpoint::Unix(_) => "localhost",
                };
                let name = self.settings.server_name.as_deref().unwrap_or(host);
                connection::tls(plain, Arc::clone(config), name).await
            }
            _ => Ok(plain),
        }
    }

    fn http(&self, request: &Request, target: &str) -> Result<hyper::Request<Full<Bytes>>, TransportError> {
        let address = &self.settings.address;
        let host = match address.endpoint {
            Endpoint::Tcp(..) => address.authority.as_str(),
            Endpoint::Unix(_) => "localhost",
        };
        let mut http = hyper::Request::builder()
            .method(request.method.clone())
            .uri(format!("{}{target}", address.prefix))
            .header(HOST, host)
            .header(USER_AGENT, "delian");
        if let Some(token) = &self.settings.token {
            http = http.header("X-Consul-Token", secret(token, "X-Consul-Token")?);
        }
        if let Some(credentials) = &self.settings.basic_auth {
            http = http.header(AUTHORIZATION, secret(credentials, "Authorization")?);
        }
        Ok(http.body(Full::new(request.body.clone()))?)
    }
}

impl Reply {
    /// The body, if the status is 200.
    ///
    /// # Errors
    /// [`ApiError::Status`] with the agent's own words.
    pub(crate) fn ok(self) -> Result<Bytes, ApiError> {
        match self.status {
            200 => Ok(self.body),
            code => Err(ApiError::Status { code, body: String::from_utf8_lossy(&self.body).into_owned() }),
        }
    }

    /// The decoded body, if the status is 200.
    ///
    /// # Errors
    /// [`ApiError::Status`] or [`ApiError::Json`].
    pub(crate) fn ok_json<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        Ok(serde_json::from_slice(&self.ok()?)?)
    }
}

/// The whole answer.
async fn collect(response: Response<Incoming>) -> Result<Reply, TransportError> {
    let status = response.status().as_u16();
    let index = response.headers().get("x-consul-index").and_then(|index| index.to_str().ok()?.parse().ok());
    let body = Limited::new(response.into_body(), ANSWER_SIZE_LIMIT).collect().await;
    Ok(Reply { status, index, body: body.map_err(TransportError::Body)?.to_bytes() })
}

/// A header value that is kept out of logs. The error names the header, not the value:
/// it is a secret.
fn secret(value: &str, header: &'static str) -> Result<HeaderValue, TransportError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| TransportError::Header(header))?;
    value.set_sensitive(true);
    Ok(value)
}
