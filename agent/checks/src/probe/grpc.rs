//! gRPC checks: `grpc.health.v1.Health/Check`.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderMap, TE, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http2;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use prost::Message;
use tokio::task::JoinSet;
use tokio::time;

use super::address::Address;
use super::connector::{Connector, Protocol};
use super::go_text;
use super::http_exchange::drive;
use crate::Grpc;
use crate::outcome::Outcome;

/// An answer has two bytes.
const MAX_ANSWER: usize = 4096;
/// `SERVING` of the health protocol.
const SERVING: i32 = 1;

/// Asks the health service.
pub(crate) async fn run(grpc: &Grpc, connector: &Connector, timeout: Duration) -> Outcome {
    match time::timeout(timeout, ask(grpc, connector, timeout)).await {
        Ok(Ok(SERVING)) => Outcome::passing(format!("gRPC check {}: success", grpc.target)),
        Ok(Ok(_)) => Outcome::critical("gRPC application didn't report service healthy"),
        Ok(Err(failure)) => Outcome::critical(format!("rpc error: code = {} desc = {}", failure.code, failure.message)),
        Err(_) => Outcome::critical("rpc error: code = DeadlineExceeded desc = context deadline exceeded"),
    }
}

/// The name of one service; empty for the server as a whole.
#[derive(Clone, PartialEq, Eq, Message)]
struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct HealthCheckResponse {
    #[prost(int32, tag = "1")]
    status: i32,
}

/// A status of gRPC other than OK.
struct Failure {
    code: &'static str,
    message: String,
}

async fn ask(grpc: &Grpc, connector: &Connector, timeout: Duration) -> Result<i32, Failure> {
    let (server, service) = grpc.target.split_once('/').unwrap_or((&grpc.target, ""));
    let dialling = |error: String| Failure::unavailable(format!("connection error: desc = \"transport: Error while dialing {error}\""));
    let address = Address::parse(server).map_err(|error| dialling(format!("dial tcp: {error}")))?;
    let stream = connector.dial(&address, grpc.tls.as_ref(), Protocol::Http2).await.map_err(dialling)?;
    let request = request(server, service, grpc.tls.is_some(), timeout)?;
    // The connection's own tasks go when this future does.
    let tasks = Tasks(Arc::default());
    let mut client = http2::Builder::new(tasks.clone());
    client.max_header_list_size(16 * 1024).max_frame_size(16 * 1024);
    let (sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(Failure::transport)?;
    drive(connection, talk(sender, request)).await
}

async fn talk(mut sender: http2::SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> Result<i32, Failure> {
    let response = sender.send_request(request).await.map_err(Failure::transport)?;
    if response.status() != StatusCode::OK {
        return Err(Failure::new("Unknown", format!("unexpected HTTP status code received from server: {}", response.status())));
    }
    let head = response.headers().clone();
    let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
    let body = body.map_err(|error| Failure::new("Internal", error.to_string()))?;
    // Without a message the status comes with the head.
    let trailers = body.trailers().cloned().unwrap_or(head);
    Failure::check(&trailers)?;
    read_health(body.to_bytes()).ok_or_else(|| Failure::new("Internal", "malformed health check response"))
}

fn request(server: &str, service: &str, secure: bool, timeout: Duration) -> Result<Request<Full<Bytes>>, Failure> {
    let message = HealthCheckRequest { service: service.to_owned() }.encode_to_vec();
    let mut body = BytesMut::with_capacity(5 + message.len());
    body.put_u8(0);
    body.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    body.put_slice(&message);
    let scheme = if secure { "https" } else { "http" };
    // At most eight digits.
    let timeout = timeout.as_millis().clamp(1, 99_999_999);
    Request::post(format!("{scheme}://{server}/grpc.health.v1.Health/Check"))
        .header(CONTENT_TYPE, "application/grpc")
        .header(TE, "trailers")
        .header(USER_AGENT, "Consul Health Check")
        .header("grpc-timeout", format!("{timeout}m"))
        .body(Full::new(body.freeze()))
        .map_err(|error| Failure::new("Internal", error.to_string()))
}

/// The status in an answer of a health service: the body of a response with one message, uncompressed.
#[must_use]
pub fn read_health(mut body: Bytes) -> Option<i32> {
    let compressed = body.try_get_u8().ok()?;
    let length = body.try_get_u32().ok()?;
    if compressed != 0 || body.len() != length as usize {
        return None;
    }
    Some(HealthCheckResponse::decode(body).ok()?.status)
}

impl Failure {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    fn transport(error: hyper::Error) -> Self {
        Self::unavailable(go_text::cause(&error))
    }

    fn unavailable(message: impl Into<String>) -> Self {
        Self::new("Unavailable", message)
    }

    /// Whether the trailers say OK.
    fn check(trailers: &HeaderMap) -> Result<(), Self> {
        let text = |name: &str| trailers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let Some(status) = text("grpc-status") else {
            return Err(Self::new("Unknown", "server closed the stream without sending trailers"));
        };
        let status = status.parse::<usize>().ok().and_then(|status| CODES.get(status)).copied().unwrap_or("Unknown");
        if status == "OK" {
            return Ok(());
        }
        let message = text("grpc-message").unwrap_or_default();
        Err(Self::new(status, percent_decode_str(&message).decode_utf8_lossy()))
    }
}

/// gRPC's, by number.
const CODES: &[&str] = &[
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// Where hyper's tasks run: they are aborted with the last clone.
#[derive(Clone)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, future: F) {
        self.0.lock().spawn(future);
    }
}
