//! One HTTP/2 connection as the `tower::Service` that tonic's client drives.

use super::redial::Usable;
use hyper::{body::Incoming, client::conn::http2::SendRequest};
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tonic::body::Body;

/// A handle to a connection; it ends when the last handle and the last stream on it are dropped.
#[derive(Clone)]
pub(crate) struct Channel(SendRequest<Body>);

impl Channel {
    pub(crate) const fn new(sender: SendRequest<Body>) -> Self {
        Self(sender)
    }
}

impl Usable for Channel {
    fn is_usable(&self) -> bool {
        !self.0.is_closed()
    }
}

impl tower::Service<http::Request<Body>> for Channel {
    type Response = http::Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}
