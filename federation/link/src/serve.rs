use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use quinn::Connection;
use quinn::ConnectionError;
use quinn::RecvStream;
use quinn::SendStream;
use quinn::VarInt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::error::TrySendError;
use tracing::debug;

use crate::Call;
use crate::Gossip;
use crate::PeerInfo;
use crate::Replier;
use crate::code;
use crate::frame;
use crate::frame::Kind;
use crate::frame::Message;
use crate::frame::MessageError;
use crate::frame::MessageLimits;
use crate::frame::Prefix;
use crate::inbound::Queues;
use crate::replier::Admitted;
use crate::shared::Shared;

/// How long a peer may take to send one request: a stream that stalls must not hold its place for ever.
const READ_TIME: Duration = Duration::from_secs(30);

/// Serves one control connection until it ends. Three loops, so that a wake-up runs only what it is for.
pub(crate) async fn control(connection: Connection, peer: Arc<PeerInfo>, queues: Queues, shared: Shared) {
    let server = Arc::new(ControlServer { peer, queues, shared });
    let calls = tokio::spawn(server.clone().accept_calls(connection.clone()));
    let messages = tokio::spawn(server.clone().accept_messages(connection.clone()));
    let ended = server.receive_datagrams(&connection).await;
    debug!(peer = %connection.remote_address(), reason = %ended, "control connection ended");
    // Both end with the connection.
    let _ = tokio::join!(calls, messages);
}

struct ControlServer {
    peer: Arc<PeerInfo>,
    queues: Queues,
    shared: Shared,
}

impl ControlServer {
    async fn accept_calls(self: Arc<Self>, connection: Connection) {
        while let Ok((send, recv)) = connection.accept_bi().await {
            start(self.clone().serve_request(send, recv)).await;
        }
    }

    async fn accept_messages(self: Arc<Self>, connection: Connection) {
        while let Ok(recv) = connection.accept_uni().await {
            start(self.clone().serve_message(recv)).await;
        }
    }

    async fn receive_datagrams(&self, connection: &Connection) -> ConnectionError {
        loop {
            match connection.read_datagram().await {
                Ok(data) => self.pass_on(Gossip::Datagram { peer: self.peer.clone(), data }),
                Err(ended) => return ended,
            }
        }
    }

    async fn serve_request(self: Arc<Self>, send: SendStream, mut recv: RecvStream) {
        let read = tokio::time::timeout(READ_TIME, frame::read(&mut recv, |prefix, here| self.admit(prefix, here)));
        let refused = match read.await {
            Ok(Ok((message, admitted))) => return self.queue(message, send, admitted),
            Ok(Err(error)) => refusal(&error, &self.shared),
            Err(_) => code::MALFORMED,
        };
        refuse(send, &mut recv, refused);
    }

    async fn serve_message(self: Arc<Self>, mut recv: RecvStream) {
        let admit = |prefix: Prefix, here| {
            prefix.check(Kind::Datagram, MessageLimits { head: 0, ..self.shared.message_limits() })?;
            memory(&self.shared.memory, prefix, here)
        };
        match tokio::time::timeout(READ_TIME, frame::read(&mut recv, admit)).await {
            Ok(Ok((message, _memory))) => {
                self.pass_on(Gossip::Datagram { peer: self.peer.clone(), data: message.body });
            }
            Ok(Err(error)) => debug!(peer = %self.peer.addr, %error, "gossip stream refused"),
            Err(_) => debug!(peer = %self.peer.addr, "gossip stream stalled"),
        }
    }

    /// Takes a place for the request before its body is taken: what is refused here was certainly not processed.
    fn admit(&self, prefix: Prefix, here: usize) -> Result<Admitted, MessageError> {
        if self.shared.closing.is_cancelled() {
            return Err(MessageError::NoRoom);
        }
        let limits = self.shared.message_limits();
        let (kind, limits, places) = match prefix.kind {
            Kind::Gossip => (Kind::Gossip, MessageLimits { head: 0, ..limits }, &self.shared.gossip),
            _ => (Kind::Call, limits, &self.shared.calls),
        };
        prefix.check(kind, limits)?;
        Ok(Admitted {
            _under_way: self.shared.under_way.token(),
            _place: Some(places.clone().try_acquire_owned().map_err(|_| MessageError::NoRoom)?),
            _memory: memory(&self.shared.memory, prefix, here)?,
        })
    }

    fn queue(&self, message: Message, send: SendStream, admitted: Admitted) {
        let limits = self.shared.message_limits();
        let reply = Replier::new(send, limits, self.shared.closing.clone(), admitted);
        let peer = self.peer.clone();
        let Message { kind, head, body } = message;
        if kind == Kind::Gossip {
            if let Err(TrySendError::Full(Gossip::Stream { reply, .. }) | TrySendError::Closed(Gossip::Stream { reply, .. })) =
                self.queues.gossip.try_send(Gossip::Stream { peer, data: body, reply })
            {
                reply.refuse_busy();
            }
        } else if let Err(TrySendError::Full(call) | TrySendError::Closed(call)) =
            self.queues.calls.try_send(Call { peer, head, body, reply })
        {
            call.reply.refuse_busy();
        }
    }

    /// Gossip without an answer may be dropped: its protocol repeats what matters.
    fn pass_on(&self, gossip: Gossip) {
        if self.queues.gossip.try_send(gossip).is_err() {
            debug!(peer = %self.peer.addr, "gossip dropped: queue full");
        }
    }
}

/// Runs `work` here as far as it gets at once, which for a request in one packet is to its end; else in a task.
async fn start(work: impl Future<Output = ()> + Send + 'static) {
    let mut work = Box::pin(work);
    if futures_util::poll!(work.as_mut()).is_pending() {
        tokio::spawn(work.map(drop));
    }
}

/// Room for a message that did not come in one piece; `None` if it did: the connection's window bounds those.
fn memory(room: &Arc<Semaphore>, prefix: Prefix, here: usize) -> Result<Option<OwnedSemaphorePermit>, MessageError> {
    if here >= prefix.total() {
        return Ok(None);
    }
    let kib = u32::try_from(prefix.total().div_ceil(1024)).map_err(|_| MessageError::TooBig)?;
    room.clone().try_acquire_many_owned(kib).map(Some).map_err(|_| MessageError::NoRoom)
}

pub(crate) fn refusal(error: &MessageError, shared: &Shared) -> VarInt {
    match error {
        MessageError::NoRoom if shared.closing.is_cancelled() => code::CLOSING,
        MessageError::NoRoom => code::BUSY,
        MessageError::TooBig => code::TOO_BIG,
        MessageError::Malformed(_) | MessageError::Stream(_) => code::MALFORMED,
    }
}

/// Both directions: the sender must stop, and learn why. Errors mean that the stream is gone.
pub(crate) fn refuse(mut send: SendStream, recv: &mut RecvStream, code: VarInt) {
    let _ = send.reset(code);
    let _ = recv.stop(code);
}
