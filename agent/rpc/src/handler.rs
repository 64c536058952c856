//! Calls from other processes.

use api::federation::CaSign;
use api::{Answer, Call, Code, Error, Local, Op, Resource};
use bytes::Bytes;
use dispatch::{Dispatcher, Log, Peers};
use std::sync::Arc;
use wire::{CallHandler, PeerInfo};

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A server of this datacenter: a part of the datacenter itself.
    Server,
    /// A gateway of this datacenter: a part of it, too, but no server.
    Gateway,
    /// A server or gateway by what gossip says alone, where servers and gateways are those with certificates: it may do what a client
    /// agent may, and ask for its first certificate.
    Newcomer {
        /// Whether gossip says that it is a server.
        server: bool,
    },
    /// A client agent: it speaks for whoever holds the tokens it passes on.
    Agent,
    /// Nobody known. TLS refuses him; this is for the moment in which trust is withdrawn.
    Stranger,
}

impl Caller {
    /// Whether it may ask for `op`, as far as that hangs on what it is.
    ///
    /// # Errors
    /// [`Code::Denied`].
    fn may_ask(self, op: &Op) -> Result<(), Error> {
        let row = op.row();
        let allowed = match (self, op) {
            (Self::Stranger, _) => false,
            (Self::Server, _) => true,
            // A server's certificate opens raft.
            (Self::Gateway, Op::Local(Local::CaSign(sign))) => sign.role != CaSign::SERVER,
            (Self::Gateway, _) => true,
            (Self::Newcomer { server }, Op::Local(Local::CaSign(sign))) => match sign.role.as_str() {
                CaSign::SERVER => server,
                CaSign::GATEWAY => true,
                _ => false,
            },
            (Self::Newcomer { .. } | Self::Agent, _) => row.resource != Resource::Internal,
        };
        if allowed {
            return Ok(());
        }
        Err(Error::new(Code::Denied, format!("Permission denied: {} is for servers and gateways of this datacenter only", row.name)))
    }
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
        // Nothing of his is decoded.
        return Err(Error::new(Code::Denied, "Permission denied: this process is not known as a member of the datacenter"));
    }
    let call = Call::decode(head, body)?;
    caller.may_ask(&call.op)?;
    Ok(call)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::federation::{CaInstall, CaRead, CaRequest, CaUpdate};
    use api::kv;

    #[test]
    fn each_caller_may_ask_for_what_it_is() {
        let sign = |role: &str| -> Op { CaSign { role: role.to_owned(), ..CaSign::default() }.into() };
        let operations: [(&str, Op); 8] = [
            ("kv.get", kv::Get::default().into()),
            ("ca.roots", CaRead {}.into()),
            ("ca.update", CaUpdate::default().into()),
            ("ca.request", CaRequest::default().into()),
            ("ca.install", CaInstall::default().into()),
            ("server", sign(CaSign::SERVER)),
            ("gateway", sign(CaSign::GATEWAY)),
            ("intermediate", sign(CaSign::INTERMEDIATE)),
        ];
        let everything = ["kv.get", "ca.roots", "ca.update", "ca.request", "ca.install", "server", "gateway", "intermediate"];
        let without_server = ["kv.get", "ca.roots", "ca.update", "ca.request", "ca.install", "gateway", "intermediate"];
        for (caller, allowed) in [
            (Caller::Server, &everything[..]),
            (Caller::Gateway, &without_server[..]),
            (Caller::Newcomer { server: true }, &["kv.get", "ca.roots", "server", "gateway"]),
            (Caller::Newcomer { server: false }, &["kv.get", "ca.roots", "gateway"]),
            (Caller::Agent, &["kv.get", "ca.roots"]),
            (Caller::Stranger, &[]),
        ] {
            let may = operations.iter().filter(|(_, op)| caller.may_ask(op).is_ok()).map(|(name, _)| *name);
            assert_eq!(may.collect::<Vec<_>>(), allowed, "{caller:?}");
        }
    }
}
