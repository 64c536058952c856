//! Calls of other gateways.

use std::sync::Arc;

use api::{Answer, Code, Error};
use bytes::Bytes;
use link::Call;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wire::wan::Head;

use crate::announce::{Ask, Own};
use crate::relay::{Origin, Relay};
use crate::trust::Identities;

/// Serves what other gateways ask.
#[derive(Clone)]
pub(crate) struct Inbound {
    pub(crate) relay: Arc<Relay>,
    pub(crate) own: Arc<Own>,
    pub(crate) identities: Arc<Identities>,
}

impl Inbound {
    /// Takes calls until `stop`; each is served in a task of its own. The link bounds how many.
    pub(crate) async fn run(self, mut calls: mpsc::Receiver<Call>, stop: CancellationToken) {
        while let Some(Some(call)) = stop.run_until_cancelled(calls.recv()).await {
            tokio::spawn(self.clone().serve(call));
        }
    }

    async fn serve(self, call: Call) {
        let Call { peer, head, body, reply } = call;
        let gone = reply.cancelled();
        let answer = tokio::select! {
            biased;
            answer = self.answer(&peer, head, body) => answer,
            () = gone => return,
        };
        if let Err(error) = reply.send(answer.0, answer.1).await {
            tracing::debug!(peer = %peer.addr, %error, "answer not sent");
        }
    }

    async fn answer(&self, peer: &Arc<link::PeerInfo>, head: Bytes, body: Bytes) -> (Bytes, Bytes) {
        let refused = |code, text: String| Answer::encode(&Err(Error { unprocessed: true, ..Error::new(code, text) }));
        let Some(dc) = self.identities.datacenter(peer) else {
            return refused(Code::Denied, "Permission denied: not a gateway of this federation".to_owned());
        };
        let head = match Head::from_bytes(head) {
            Ok(head) if head.relay.is_empty() => head,
            Ok(head) => {
                return refused(
                    Code::Unsupported,
                    format!("gateways do not relay frames to {:?}", head.relay.chars().take(64).collect::<String>()),
                );
            }
            Err(error) => return refused(Code::Protocol, error.to_string()),
        };
        if !head.head.is_empty() {
            return self.relay.serve(Origin::Remote(dc.as_str().into()), head.head, body).await;
        }
        match Ask::from_bytes(body) {
            Ok(ask) => (Bytes::new(), self.own.answer(&ask).await),
            Err(error) => refused(Code::Protocol, format!("question for announcements: {error}")),
        }
    }
}
