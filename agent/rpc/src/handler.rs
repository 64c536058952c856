//! Calls from other processes.

use api::{Answer, Call, Code, Error, Resource};
use bytes::Bytes;
use dispatch::{Dispatcher, Log, Peers};
use std::sync::Arc;
use wire::{CallHandler, PeerInfo};

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A server or gateway of this datacenter: a part of the datacenter itself.
    Trusted,
    /// A client agent: it speaks for whoever holds the tokens it passes on.
    Agent,
    /// Nobody known. TLS refuses him; this is for the moment in which trust is withdrawn.
    Stranger,
}

/// Hands calls to `dispatcher`. `who` says who a peer is, by the certificates it showed, at the time of the call.
pub fn handler<L: Log, P: Peers>(dispatcher: Arc<Dispatcher<L, P>>, who: Arc<dyn Fn(&PeerInfo) -> Caller + Send + Sync>) -> CallHandler {
    Arc::new(move |peer: PeerInfo, head: Bytes, body: Bytes| {
        let dispatcher = Arc::clone(&dispatcher);
        let caller = who(&peer);
        Box::pin(async move {
            let result = match admitted(caller, head, body) {
                Ok(call) => dispatcher.call(call).await,
                Err(error) => Err(error),
            };
            Answer::encode(&result)
        })
    })
}

fn admitted(caller: Caller, head: Bytes, body: Bytes) -> Result<Call, Error> {
    if caller == Caller::Stranger {
        return Err(Error::new(Code::Denied, "Permission denied: this process is not known as a member of the datacenter"));
    }
    let call = Call::decode(head, body)?;
    if call.op.row().resource == Resource::Internal && caller != Caller::Trusted {
        let text = format!("Permission denied: {} is for servers and gateways only", call.op.name());
        return Err(Error::new(Code::Denied, text));
    }
    Ok(call)
}
