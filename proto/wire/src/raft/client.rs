//! The client of `Raft`.

use super::{APPEND, SNAPSHOT, TRANSFER_LEADER, VOTE, chunks};
use crate::{
    calls::client::deadline,
    error::CallError,
    payload::{Chunk, Payload},
    transport::{
        channel::Channel,
        connector::Connector,
        grpc::{MAX_PAYLOAD_BYTES, grpc, unanswered, unary},
        redial::Redial,
    },
};
use bytes::Bytes;
use futures_util::Stream;
use http::uri::PathAndQuery;
use std::{io, time::Duration};
use tokio::time::timeout_at;
use tonic_prost::ProstCodec;

/// Sends raft requests to one server; cheap to clone. Connections live on the runtime that first uses them.
#[derive(Clone)]
pub struct RaftClient {
    control: Redial<Channel>,
    /// Snapshots have a connection of their own, so that one never delays a heartbeat.
    bulk: Redial<Channel>,
}

impl RaftClient {
    /// A client of the server at `connector.addr`. Nothing is dialled before the first request.
    #[must_use]
    pub fn connect(connector: Connector) -> Self {
        Self { control: connector.clone().channels(), bulk: connector.channels() }
    }

    /// `Append`: entries or a heartbeat.
    ///
    /// # Errors
    /// [`CallError`]; ask it whether the request can have been processed.
    pub async fn append(&self, request: Bytes, within: Duration) -> Result<Bytes, CallError> {
        self.request(APPEND, request, within).await
    }

    /// `Vote`, and pre-vote.
    ///
    /// # Errors
    /// As [`RaftClient::append`].
    pub async fn vote(&self, request: Bytes, within: Duration) -> Result<Bytes, CallError> {
        self.request(VOTE, request, within).await
    }

    /// `TransferLeader`.
    ///
    /// # Errors
    /// As [`RaftClient::append`].
    pub async fn transfer(&self, request: Bytes, within: Duration) -> Result<Bytes, CallError> {
        self.request(TRANSFER_LEADER, request, within).await
    }

    /// `Snapshot`: sends `source` at the receiver's pace, cut to 256 KiB, and waits for the reply; `within` is for all of it.
    ///
    /// When `source` yields an error the receiver learns that the snapshot broke off, and its reply is given.
    ///
    /// # Errors
    /// As [`RaftClient::append`].
    pub async fn snapshot(
        &self,
        source: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
        within: Duration,
    ) -> Result<Bytes, CallError> {
        let deadline = deadline(within);
        let channel = self.bulk.get(deadline).await?;
        let mut grpc = grpc(channel, MAX_PAYLOAD_BYTES);
        let request = tonic::Request::new(chunks::cut(source));
        let codec = ProstCodec::<Chunk, Payload>::default();
        let reply = grpc.client_streaming(request, PathAndQuery::from_static(SNAPSHOT), codec);
        match timeout_at(deadline, reply).await {
            Ok(Ok(reply)) => Ok(reply.into_inner().body),
            Ok(Err(status)) => Err(unanswered(&status)),
            Err(_) => Err(CallError::TimedOut),
        }
    }

    async fn request(&self, method: &'static str, request: Bytes, within: Duration) -> Result<Bytes, CallError> {
        let deadline = deadline(within);
        let channel = self.control.get(deadline).await?;
        unary(channel, method, request, deadline).await
    }
}
