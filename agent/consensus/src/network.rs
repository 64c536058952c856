//! Calls to the other nodes.

use crate::config::Timing;
use crate::lease::Revoked;
use crate::message::{
    AppendRecord, AppendReplyRecord, SnapshotHeadRecord, SnapshotReplyRecord, TransferRecord, TransferReplyRecord, VoteCallRecord,
    VoteReplyRecord, decode,
};
use crate::replica::CurrentSnapshot;
use crate::snapshot::SnapshotFile;
use crate::types::{TypeConfig, Vote};
use crate::{Malformed, Node, RaftId};
use bytes::{BufMut, Bytes, BytesMut};
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::RPCOption;
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use openraft::{OptionalSend, RaftNetworkFactory, RaftNetworkV2};
use prost::Message;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Chunks of a snapshot read ahead of the network.
const AHEAD: usize = 4;
/// A way slower than this (bytes per second) is no way to send a snapshot.
const SLOWEST: u64 = 1 << 20;

/// What a [`Transport`] returns.
pub type TransportFuture<'a> = Pin<Box<dyn Future<Output = Result<Bytes, TransportError>> + Send + 'a>>;

/// Why a call to another node failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The node cannot be reached: raft waits before it tries again.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// The call broke or took too long: raft tries again.
    #[error("broken: {0}")]
    Broken(String),
}

/// Carries bytes to another node, on connections of raft's own. The other end hands them to [`crate::Inbound`].
///
/// A call need not arrive, nor be answered; it must not arrive at another node than `to` names, nor changed.
pub trait Transport: Send + Sync + 'static {
    /// `AppendEntries` and heartbeats.
    fn append<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a>;

    /// `RequestVote` and its pre-vote.
    fn vote<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a>;

    /// The hand-over of leadership.
    fn transfer<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a>;

    /// A snapshot, message by message (each at most 256 KiB), in order, and the answer once it is installed. The messages may stop
    /// early: the first says how many bytes make a whole. `within` is for all of it.
    fn snapshot<'a>(&'a self, to: &'a Node, messages: mpsc::Receiver<Bytes>, within: Duration) -> TransportFuture<'a>;
}

/// Makes [`Network`]s.
pub(crate) struct Networks {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) timing: Timing,
    pub(crate) revoked: Revoked,
}

impl RaftNetworkFactory<TypeConfig> for Networks {
    type Network = Network;

    async fn new_client(&mut self, target: RaftId, node: &Node) -> Network {
        Network {
            to: target,
            node: node.clone(),
            transport: Arc::clone(&self.transport),
            timing: self.timing,
            revoked: self.revoked.clone(),
        }
    }
}

/// The way to one node.
pub(crate) struct Network {
    to: RaftId,
    node: Node,
    transport: Arc<dyn Transport>,
    timing: Timing,
    revoked: Revoked,
}

type RpcError = RPCError<TypeConfig>;

impl Network {
    async fn ask_vote(
        &mut self,
        rpc: VoteRequest<TypeConfig>,
        pre_vote: bool,
        option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RpcError> {
        let body = VoteCallRecord::new(self.to, &rpc, pre_vote).encode_to_vec().into();
        let reply = self.transport.vote(&self.node, body, option.soft_ttl()).await?;
        Ok(decode::<VoteReplyRecord>("vote reply", reply).and_then(VoteResponse::try_from)?)
    }

    /// Sends the file, reading it on a thread where blocking is allowed.
    async fn send_snapshot(&mut self, vote: &Vote, snapshot: SnapshotFile, within: Duration) -> Result<Vote, RpcError> {
        let head = SnapshotHeadRecord {
            to: self.to.0,
            vote: Some(vote.into()),
            meta: Some(snapshot.header.meta.clone()),
            length: snapshot.header.length,
        };
        let within = within + Duration::from_secs(head.length / SLOWEST);
        let (messages, queue) = mpsc::channel(AHEAD);
        let reading = tokio::task::spawn_blocking(move || stream(&snapshot, &head, &messages));
        let reply = self.transport.snapshot(&self.node, queue, within).await;
        // A file that cannot be read shows here; a call that broke early merely ends the reader.
        if let Ok(Err(error)) = reading.await {
            return Err(RPCError::Network(NetworkError::new(&error)));
        }
        let reply: SnapshotReplyRecord = decode("snapshot reply", reply?)?;
        Ok(reply.vote.ok_or_else(|| Malformed::missing("snapshot reply", "vote"))?.into())
    }
}

/// Sends head and chunks, each chunk behind its CRC-32C (little endian). Ends quietly when nobody listens any more.
fn stream(snapshot: &SnapshotFile, head: &SnapshotHeadRecord, messages: &mpsc::Sender<Bytes>) -> std::io::Result<()> {
    if messages.blocking_send(head.encode_to_vec().into()).is_err() {
        return Ok(());
    }
    let mut reader = snapshot.open()?;
    while let Some(chunk) = reader.next_chunk()? {
        let mut message = BytesMut::with_capacity(4 + chunk.len());
        message.put_u32_le(crc32c::crc32c(&chunk));
        message.extend_from_slice(&chunk);
        if messages.blocking_send(message.freeze()).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

impl RaftNetworkV2<TypeConfig> for Network {
    type SnapshotData = SnapshotFile;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<TypeConfig>, RpcError> {
        // openraft allows a heartbeat interval; a disk that is slow for a moment should not cost a reconnect.
        let within = if rpc.entries.is_empty() { option.soft_ttl() } else { self.timing.append() };
        let follows_nothing = rpc.prev_log_id.is_none();
        let body = AppendRecord::new(self.to, &rpc).encode_to_vec().into();
        let reply = self.transport.append(&self.node, body, within).await?;
        let response = decode::<AppendReplyRecord>("append reply", reply).and_then(AppendEntriesResponse::try_from)?;
        if follows_nothing && response.is_conflict() {
            // openraft panics on it.
            return Err(Malformed::new("append reply", "nothing conflicts with the beginning of the log").into());
        }
        Ok(response)
    }

    async fn vote(&mut self, rpc: VoteRequest<TypeConfig>, option: RPCOption) -> Result<VoteResponse<TypeConfig>, RpcError> {
        self.ask_vote(rpc, false, option).await
    }

    async fn pre_vote(&mut self, rpc: VoteRequest<TypeConfig>, option: RPCOption) -> Result<VoteResponse<TypeConfig>, RpcError> {
        self.ask_vote(rpc, true, option).await
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: CurrentSnapshot,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        option: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        tokio::select! {
            biased;
            closed = cancel => Err(closed.into()),
            sent = self.send_snapshot(&vote, snapshot.snapshot, option.soft_ttl()) => Ok(SnapshotResponse::new(sent?)),
        }
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<TypeConfig>, RpcError> {
        self.revoked.revoke(request.from_leader().leader_id.term);
        let body = TransferRecord::new(self.to, &request).encode_to_vec().into();
        let reply = self.transport.transfer(&self.node, body, option.soft_ttl()).await?;
        Ok(decode::<TransferReplyRecord>("transfer reply", reply).and_then(TransferReplyRecord::into_response)?)
    }
}

impl From<TransportError> for RpcError {
    fn from(error: TransportError) -> Self {
        match &error {
            TransportError::Unreachable(_) => Self::Unreachable(Unreachable::new(&error)),
            TransportError::Broken(_) => Self::Network(NetworkError::new(&error)),
        }
    }
}

/// A node that answers nonsense is as good as unreachable: asking it again at once yields more of it.
impl From<Malformed> for RpcError {
    fn from(error: Malformed) -> Self {
        Self::Unreachable(Unreachable::new(&error))
    }
}
