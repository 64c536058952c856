//! An HTTP/1.1 client that knows whether its request may have been processed.

use crate::Namespace;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long a connection may take: on loopback it is there at once or never.
const CONNECT: Duration = Duration::from_secs(1);

/// A client of one server. Connections are kept and used again; there are as many as requests at once.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    namespace: Option<Namespace>,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

/// What a server answered, whatever it was.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// `X-Consul-Index`, where there is one.
    pub index: Option<u64>,
    /// Every header.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RequestError {
    /// Nothing was sent: it cannot have been processed.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It may have been processed.
    #[error("no answer: {0}")]
    Unknown(String),
}

impl Response {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Client {
    /// A client of the server at `address`, as seen from `namespace`.
    #[must_use]
    pub fn new(address: SocketAddr, namespace: Option<Namespace>) -> Self {
        Self { address, namespace, idle: Mutex::default() }
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `GET`, with five seconds for it.
    ///
    /// # Errors
    /// [`RequestError`] when there is no answer.
    pub async fn get(&self, path: &str) -> Result<Response, RequestError> {
        self.request(Method::GET, path, Bytes::new(), Duration::from_secs(5)).await
    }

    /// `PUT`, with five seconds for it.
    ///
    /// # Errors
    /// [`RequestError`] when there is no answer.
    pub async fn put(&self, path: &str, body: impl Into<Bytes>) -> Result<Response, RequestError> {
        self.request(Method::PUT, path, body.into(), Duration::from_secs(5)).await
    }

    /// The JSON that a `GET` is answered with; `None` where there is no answer, or another status than 200.
    pub async fn json(&self, path: &str) -> Option<Value> {
        let response = self.get(path).await.ok()?;
        (response.status == 200).then(|| response.json())
    }

    /// Sends one request, once.
    ///
    /// # Errors
    /// [`RequestError`] when there is no answer within `limit`.
    pub async fn request(&self, method: Method, path: &str, body: Bytes, limit: Duration) -> Result<Response, RequestError> {
        self.request_with(method, path, &[], body, limit).await
    }

    /// [`Client::request`], with these headers.
    ///
    /// # Errors
    /// The same.
    pub async fn request_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
        limit: Duration,
    ) -> Result<Response, RequestError> {
        let not_sent = |error: &dyn std::fmt::Display| RequestError::NotSent(format!("{}: {error}", self.address));
        let unknown = |error: &dyn std::fmt::Display| RequestError::Unknown(format!("{}: {error}", self.address));
        let request = Request::builder().method(method).uri(path).header("host", self.address.to_string());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Full::new(body)).map_err(|error| not_sent(&error))?;
        let mut connection = self.connection().await.map_err(|error| not_sent(&error))?;
        let exchange = async {
            let (head, body) = connection.send_request(request).await?.into_parts();
            Ok((head, body.collect().await?.to_bytes()))
        };
        let exchanged = tokio::time::timeout(limit, exchange).await.map_err(|_| unknown(&format!("nothing within {limit:?}")))?;
        let (head, body) = exchanged.map_err(|error: hyper::Error| if error.is_canceled() { not_sent(&error) } else { unknown(&error) })?;
        self.idle.lock().unwrap().push(connection);
        let index = head.headers.get("x-consul-index").and_then(|index| index.to_str().ok()?.parse().ok());
        Ok(Response { status: head.status.as_u16(), index, headers: head.headers, body })
    }

    async fn connection(&self) -> std::io::Result<SendRequest<Full<Bytes>>> {
        loop {
            // Taken in a statement of its own: the lock must not be held while waiting.
            let idle = self.idle.lock().unwrap().pop();
            let Some(mut connection) = idle else { return self.connect().await };
            // The server may have closed it meanwhile.
            if connection.ready().await.is_ok() {
                return Ok(connection);
            }
        }
    }

    async fn connect(&self) -> std::io::Result<SendRequest<Full<Bytes>>> {
        let stream = match &self.namespace {
            Some(namespace) => {
                let stream = namespace.connect(self.address, CONNECT).await?;
                stream.set_nonblocking(true)?;
                TcpStream::from_std(stream)?
            }
            None => tokio::time::timeout(CONNECT, TcpStream::connect(self.address)).await??,
        };
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        // It ends with the connection; what went wrong is told to whoever waits for an answer.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }
}
