use std::net::SocketAddr;

use bytes::Bytes;
use quinn::ConnectionError;
use quinn::ReadError;
use quinn::RecvStream;
use quinn::SendStream;
use quinn::VarInt;
use quinn::WriteError;

use crate::LinkError;
use crate::Lost;
use crate::NotSent;
use crate::code;
use crate::frame;
use crate::frame::Kind;
use crate::frame::Message;
use crate::frame::MessageError;
use crate::frame::MessageLimits;

/// Sends a request and reads its answer. Sets `sent` when all of the request is handed to QUIC: before, the peer cannot
/// have it whole, and so cannot have processed it.
pub(crate) async fn exchange(
    (send, recv): (SendStream, RecvStream),
    kind: Kind,
    head: &[u8],
    body: Bytes,
    limits: MessageLimits,
    sent: &mut bool,
) -> Result<Message, Failure> {
    let mut chunks = frame::encode(kind, head, body, limits).map_err(NotSent::from)?;
    let mut streams = Cancelling { send, recv, done: false };
    streams.send.write_all_chunks(&mut chunks).await.map_err(not_written)?;
    *sent = true;
    // An error means that the peer has stopped the stream; reading says why.
    let _ = streams.send.finish();
    let admit = |prefix: frame::Prefix, _| prefix.check(Kind::Answer, limits);
    let (answer, ()) = frame::read(&mut streams.recv, admit).await.map_err(no_answer)?;
    streams.done = true;
    Ok(answer)
}

/// A stream of a request: dropped before the answer, it tells the peer that nobody waits.
struct Cancelling {
    send: SendStream,
    recv: RecvStream,
    done: bool,
}

impl Drop for Cancelling {
    fn drop(&mut self) {
        if !self.done {
            // Errors mean that the stream has ended already.
            let _ = self.send.reset(code::CANCELLED);
            let _ = self.recv.stop(code::CANCELLED);
        }
    }
}

/// Either side of a failure, before the peer's address is added.
pub(crate) enum Failure {
    NotSent(NotSent),
    Lost(Lost),
}

impl Failure {
    pub(crate) fn timed_out(sent: bool) -> Self {
        if sent { Self::Lost(Lost::TimedOut) } else { Self::NotSent(NotSent::TimedOut) }
    }

    pub(crate) fn of(self, peer: SocketAddr) -> LinkError {
        match self {
            Self::NotSent(why) => LinkError::NotSent { peer, why },
            Self::Lost(why) => LinkError::Lost { peer, why },
        }
    }
}

impl From<NotSent> for Failure {
    fn from(why: NotSent) -> Self {
        Self::NotSent(why)
    }
}

impl From<ConnectionError> for NotSent {
    fn from(why: ConnectionError) -> Self {
        match why {
            ConnectionError::ApplicationClosed(close) if close.error_code == code::OVER_BUDGET => Self::Busy,
            why => Self::Connection(why),
        }
    }
}

impl From<frame::TooBig> for NotSent {
    fn from(big: frame::TooBig) -> Self {
        Self::TooBig { what: big.what, bytes: big.bytes, limit: big.limit }
    }
}

/// The request was not written whole.
pub(crate) fn not_written(error: WriteError) -> NotSent {
    match error {
        WriteError::Stopped(code) => refused(code).unwrap_or(NotSent::RefusedForm),
        WriteError::ConnectionLost(why) => why.into(),
        WriteError::ClosedStream | WriteError::ZeroRttRejected => NotSent::RefusedForm,
    }
}

/// The request was written; what did the peer do with it?
fn no_answer(error: MessageError) -> Failure {
    match error {
        MessageError::Stream(ReadError::Reset(code)) => match refused(code) {
            Some(why) => Failure::NotSent(why),
            None if code == code::ABANDONED => Failure::Lost(Lost::Abandoned),
            None => Failure::Lost(Lost::Reset(code.into_inner())),
        },
        MessageError::Stream(ReadError::ConnectionLost(why)) => match NotSent::from(why) {
            NotSent::Connection(why) => Failure::Lost(Lost::Connection(why)),
            refused => Failure::NotSent(refused),
        },
        MessageError::Stream(_) => Failure::Lost(Lost::Malformed("stream closed")),
        MessageError::Malformed(what) => Failure::Lost(Lost::Malformed(what)),
        MessageError::TooBig | MessageError::NoRoom => Failure::Lost(Lost::TooBig),
    }
}

/// Codes that mean: not processed.
fn refused(code: VarInt) -> Option<NotSent> {
    [
        (code::BUSY, NotSent::Busy),
        (code::CLOSING, NotSent::PeerClosing),
        (code::TOO_BIG, NotSent::RefusedSize),
        (code::MALFORMED, NotSent::RefusedForm),
    ]
    .into_iter()
    .find_map(|(known, why)| (known == code).then_some(why))
}
