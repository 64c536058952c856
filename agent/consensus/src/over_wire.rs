//! Raft's calls over the servers' port: [`wire`]'s `Raft` service at both ends.

use crate::network::{Transport, TransportError, TransportFuture};
use crate::{Inbound, Node};
use bytes::Bytes;
use futures_util::stream;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use wire::{CallError, Chunks, Connector, PeerInfo, RaftClient, RaftHandler, RaftHandlers, Refused};

/// Messages of an incoming snapshot between the connection and the disk.
const AHEAD: usize = 4;

/// How to dial a node, or why that is impossible.
pub type Dial = Box<dyn Fn(&Node) -> Result<Connector, String> + Send + Sync>;

/// A [`Transport`] over gRPC. Its connections are raft's own, and live where raft runs.
pub struct WireTransport {
    dial: Dial,
    /// By address: those of members, so there are few.
    clients: Mutex<BTreeMap<String, RaftClient>>,
}

impl WireTransport {
    /// A transport that reaches a node as `dial` says.
    #[must_use]
    pub fn new(dial: Dial) -> Self {
        Self { dial, clients: Mutex::default() }
    }

    fn client(&self, to: &Node) -> Result<RaftClient, TransportError> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(&to.addr) {
            return Ok(client.clone());
        }
        let client = RaftClient::connect((self.dial)(to).map_err(TransportError::Unreachable)?);
        clients.insert(to.addr.clone(), client.clone());
        Ok(client)
    }
}

impl Transport for WireTransport {
    fn append<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a> {
        Box::pin(async move { Ok(self.client(to)?.append(body, within).await?) })
    }

    fn vote<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a> {
        Box::pin(async move { Ok(self.client(to)?.vote(body, within).await?) })
    }

    fn transfer<'a>(&'a self, to: &'a Node, body: Bytes, within: Duration) -> TransportFuture<'a> {
        Box::pin(async move { Ok(self.client(to)?.transfer(body, within).await?) })
    }

    fn snapshot<'a>(&'a self, to: &'a Node, messages: mpsc::Receiver<Bytes>, within: Duration) -> TransportFuture<'a> {
        let source = stream::unfold(messages, |mut messages| async move { Some((Ok(messages.recv().await?), messages)) });
        Box::pin(async move { Ok(self.client(to)?.snapshot(source, within).await?) })
    }
}

impl From<CallError> for TransportError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotSent(_) | CallError::Refused(_) => Self::Unreachable(error.to_string()),
            CallError::Lost(_) | CallError::TimedOut => Self::Broken(error.to_string()),
        }
    }
}

/// The `Raft` service of a server, to be served on [`crate::Consensus::runtime`]. `admit` says whether a peer is a server of this
/// datacenter; nobody else is listened to.
#[must_use]
pub fn raft_handlers(inbound: &Inbound, admit: impl Fn(&PeerInfo) -> Result<(), Refused> + Clone + Send + Sync + 'static) -> RaftHandlers {
    let handler = |method: Method| -> RaftHandler {
        let (inbound, admit) = (inbound.clone(), admit.clone());
        Arc::new(move |peer, body| {
            let (inbound, admitted) = (inbound.clone(), admit(&peer));
            Box::pin(async move {
                admitted?;
                let reply = match method {
                    Method::Append => inbound.append(body).await,
                    Method::Vote => inbound.vote(body).await,
                    Method::Transfer => inbound.transfer(body).await,
                };
                reply.map_err(|error| Refused(error.to_string()))
            })
        })
    };
    let (inbound, admit) = (inbound.clone(), admit.clone());
    RaftHandlers {
        append: handler(Method::Append),
        vote: handler(Method::Vote),
        transfer: handler(Method::Transfer),
        snapshot: Arc::new(move |peer, chunks| {
            let (inbound, admitted) = (inbound.clone(), admit(&peer));
            Box::pin(async move {
                admitted?;
                let (messages, queue) = mpsc::channel(AHEAD);
                let (reply, ()) = tokio::join!(inbound.snapshot(queue), forward(chunks, messages));
                reply.map_err(|error| Refused(error.to_string()))
            })
        }),
    }
}

#[derive(Clone, Copy)]
enum Method {
    Append,
    Vote,
    Transfer,
}

/// Hands on what arrives until it ends, breaks, or is no longer wanted.
async fn forward(mut chunks: Chunks, messages: mpsc::Sender<Bytes>) {
    loop {
        match chunks.next().await {
            Ok(Some(message)) => {
                if messages.send(message).await.is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "incoming snapshot");
                return;
            }
        }
    }
}
