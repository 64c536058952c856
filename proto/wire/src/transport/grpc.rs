//! tonic's generic client and server, with this crate's size limits, and what a status says of a request.

use super::channel::Channel;
use crate::{
    error::{CallError, NotSent},
    limits::MAX_BODY_BYTES,
    payload::Payload,
};
use bytes::Bytes;
use http::{Uri, uri::PathAndQuery};
use prost::Message;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Status, client, server};
use tonic_prost::ProstCodec;

/// Longest message outside `Calls`: a body and what protobuf puts around it.
pub(crate) const MAX_PAYLOAD_BYTES: usize = MAX_BODY_BYTES + 64;

/// A client on `channel` that decodes messages of at most `max` bytes.
pub(crate) fn grpc(channel: Channel, max: usize) -> client::Grpc<Channel> {
    // The authority is there because HTTP/2 wants one; TLS alone says who the server is.
    let origin = Uri::from_static("http://delian");
    client::Grpc::with_origin(channel, origin).max_decoding_message_size(max)
}

/// A server for messages in and out of one method, decoding at most `max` bytes.
pub(crate) fn answering<Out, In>(max: usize) -> server::Grpc<ProstCodec<Out, In>>
where
    Out: Message + Send + 'static,
    In: Message + Default + Send + 'static,
{
    server::Grpc::new(ProstCodec::default()).max_decoding_message_size(max)
}

/// Sends one payload and waits for one payload.
pub(crate) async fn unary(channel: Channel, method: &'static str, request: Bytes, deadline: Instant) -> Result<Bytes, CallError> {
    NotSent::check_len("body", request.len(), MAX_BODY_BYTES)?;
    let mut grpc = grpc(channel, MAX_PAYLOAD_BYTES);
    if grpc.ready().await.is_err() {
        return Err(NotSent::Closed.into());
    }
    let request = tonic::Request::new(Payload { body: request });
    let reply = grpc.unary(request, PathAndQuery::from_static(method), ProstCodec::<Payload, Payload>::default());
    match timeout_at(deadline, reply).await {
        Ok(Ok(reply)) => Ok(reply.into_inner().body),
        Ok(Err(status)) => Err(unanswered(&status)),
        Err(_) => Err(CallError::TimedOut),
    }
}

/// The status with which a handler's refusal travels. tonic derives neither this code nor `UNIMPLEMENTED` from a
/// transport error, so [`unanswered`] can trust them.
pub(crate) fn refusal(why: impl Into<String>) -> Status {
    Status::failed_precondition(why)
}

/// What a status says about the request that it answers.
pub(crate) fn unanswered(status: &Status) -> CallError {
    match status.code() {
        Code::FailedPrecondition => CallError::Refused(status.message().to_owned()),
        Code::Unimplemented => CallError::Refused("service is not offered here".to_owned()),
        code => CallError::Lost(format!("{code:?}: {}", status.message())),
    }
}
