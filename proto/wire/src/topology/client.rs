//! The client of `Topology`.

use super::WATCH;
use crate::{
    calls::client::deadline,
    error::{CallError, NotSent},
    limits::MAX_BODY_BYTES,
    payload::Payload,
    transport::{
        channel::Channel,
        connector::Connector,
        grpc::{MAX_PAYLOAD_BYTES, grpc, unanswered},
        redial::Redial,
    },
};
use bytes::Bytes;
use http::uri::PathAndQuery;
use std::time::Duration;
use tokio::time::timeout_at;
use tonic::Streaming;
use tonic_prost::ProstCodec;

/// Watches one gateway; cheap to clone.
#[derive(Clone)]
pub struct TopologyClient {
    channels: Redial<Channel>,
}

/// A watch under way; dropping it ends it.
pub struct Watch {
    inbound: Streaming<Payload>,
}

impl TopologyClient {
    /// A client of the gateway at `connector.addr`. Nothing is dialled before the first watch.
    #[must_use]
    pub fn connect(connector: Connector) -> Self {
        Self { channels: connector.channels() }
    }

    /// Starts a watch; `within` bounds the time until it is accepted, not the watch.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn watch(&self, request: Bytes, within: Duration) -> Result<Watch, CallError> {
        NotSent::check_len("body", request.len(), MAX_BODY_BYTES)?;
        let deadline = deadline(within);
        let channel = self.channels.get(deadline).await?;
        let mut grpc = grpc(channel, MAX_PAYLOAD_BYTES);
        let request = tonic::Request::new(Payload { body: request });
        let codec = ProstCodec::<Payload, Payload>::default();
        let reply = grpc.server_streaming(request, PathAndQuery::from_static(WATCH), codec);
        match timeout_at(deadline, reply).await {
            Ok(Ok(reply)) => Ok(Watch { inbound: reply.into_inner() }),
            Ok(Err(status)) => Err(unanswered(&status)),
            Err(_) => Err(CallError::TimedOut),
        }
    }
}

impl Watch {
    /// Waits for the next value: the first at once, then the newest after each change. A dead gateway is noticed within 4 s.
    ///
    /// # Errors
    /// [`CallError::Lost`] when the watch has ended; start another.
    pub async fn next(&mut self) -> Result<Bytes, CallError> {
        match self.inbound.message().await {
            Ok(Some(payload)) => Ok(payload.body),
            Ok(None) => Err(CallError::Lost("gateway ended the watch".to_owned())),
            Err(status) => Err(unanswered(&status)),
        }
    }
}
