//! Responses as all endpoints make them: JSON, texts, bare statuses.

use crate::Error;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

/// How an answer is to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Indented JSON.
    pub pretty: bool,
    /// The value itself rather than JSON about it (`?raw`).
    pub raw: bool,
    /// The listed keys are all there are: an empty list is then a list.
    pub root: bool,
}

/// A request that is no call, and what to answer it.
pub type Rejected = Response<Bytes>;

pub(crate) fn json_response<T>(body: T) -> Response<T> {
    let mut response = Response::new(body);
    // All that any answer gets, so that the map does not grow header by header.
    response.headers_mut().reserve(HEADERS);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// As many headers as an answer gets.
const HEADERS: usize = 12;

/// A plain text answer.
#[must_use]
pub fn text(status: StatusCode, body: impl Into<String>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// A 400 with this text.
pub(crate) fn bad_request(why: impl Into<String>) -> Rejected {
    text(StatusCode::BAD_REQUEST, why)
}

/// The answer that an error gives.
pub(crate) fn rejected(error: &Error) -> Rejected {
    text(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error.text.clone())
}

/// A status without a body.
pub(crate) fn empty(status: StatusCode) -> Rejected {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

/// A value as compact JSON.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Bytes {
    // Writing into a vector cannot fail, and our types have string keys only.
    serde_json::to_vec(value).map_or_else(|_| Bytes::from_static(b"null"), Bytes::from)
}
