//! The frames of `delian.wire.v1.Calls/Open`, as protobuf messages.
//!
//! ```text
//! Frames  { 1: repeated Frame }                      one gRPC message: all that was queued when the stream could take more
//! Frame   { 1: uint64 id,  oneof { 2: Call, 3: Answer, 4: Part, 5: Cancel, 6: Refused, 7: Failed, 8: Drain } }
//! Call    { 1: bytes head, 2: bytes body, 3: uint64 more }      client → server
//! Answer  { 1: bytes head, 2: bytes body, 3: uint64 more }      server → client
//! Part    { 1: bytes body }                                     either; continues the call or answer of that id
//! Cancel  {}                                                    client → server; nobody waits any more
//! Refused { 1: string why }                                     server → client; the call was NOT processed
//! Failed  { 1: string why }                                     server → client; processed, but there is no answer
//! Drain   {}                                                    server → client, id 0: send new calls elsewhere
//! ```
//!
//! An id is chosen by the client and is not used twice on a stream. `more` counts the body bytes that follow in
//! `Part`s, so a body above [`PIECE_BYTES`](crate::PIECE_BYTES) leaves room for others between its pieces.
//! A server answers a kind it does not know with `Refused`; a client ignores one.

use bytes::Bytes;

/// One gRPC message of the stream, in either direction.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Frames {
    /// In the order in which they were queued; pieces of big bodies come last.
    #[prost(message, repeated, tag = "1")]
    pub frames: Vec<Frame>,
}

/// One step of one call.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Frame {
    /// Which call; 0 speaks about the whole stream.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// `None` when a newer peer sent a kind that this one does not know.
    #[prost(oneof = "Kind", tags = "2, 3, 4, 5, 6, 7, 8")]
    pub kind: Option<Kind>,
}

/// What a frame says.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Kind {
    /// Opens a call.
    #[prost(message, tag = "2")]
    Call(Message),
    /// Answers a call.
    #[prost(message, tag = "3")]
    Answer(Message),
    /// Continues the body of a call or answer.
    #[prost(message, tag = "4")]
    Part(Part),
    /// The caller has gone.
    #[prost(message, tag = "5")]
    Cancel(Cancel),
    /// The call was not processed.
    #[prost(message, tag = "6")]
    Refused(Reason),
    /// The call was processed, but its answer cannot be carried.
    #[prost(message, tag = "7")]
    Failed(Reason),
    /// The server is stopping: calls under way are finished, new ones refused.
    #[prost(message, tag = "8")]
    Drain(Drain),
}

/// Head and (the beginning of) the body of a call or an answer.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Message {
    /// Opaque here; at most [`MAX_HEAD_BYTES`](crate::MAX_HEAD_BYTES).
    #[prost(bytes = "bytes", tag = "1")]
    pub head: Bytes,
    /// Opaque here; the first piece when `more` is not 0.
    #[prost(bytes = "bytes", tag = "2")]
    pub body: Bytes,
    /// Bytes of the body still to come in `Part`s.
    #[prost(uint64, tag = "3")]
    pub more: u64,
}

/// The next piece of a body.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Part {
    /// Follows directly on what was sent before for this id.
    #[prost(bytes = "bytes", tag = "1")]
    pub body: Bytes,
}

/// The caller has gone; carries nothing.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Cancel {}

/// Why a call got no answer, for logs and operators.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Reason {
    /// A sentence without a full stop.
    #[prost(string, tag = "1")]
    pub why: String,
}

/// The server is stopping; carries nothing.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Drain {}

impl Frame {
    /// A frame of call `id`.
    #[must_use]
    pub const fn new(id: u64, kind: Kind) -> Self {
        Self { id, kind: Some(kind) }
    }

    /// `Refused` for call `id`.
    #[must_use]
    pub fn refused(id: u64, why: impl Into<String>) -> Self {
        Self::new(id, Kind::Refused(Reason { why: why.into() }))
    }

    /// `Failed` for call `id`.
    #[must_use]
    pub fn failed(id: u64, why: impl Into<String>) -> Self {
        Self::new(id, Kind::Failed(Reason { why: why.into() }))
    }

    /// Bytes of head and body, plus an estimate of what encoding adds. A piece weighs its bytes alone, so that the
    /// pieces of a message weigh together what the message did.
    pub(crate) fn weight(&self) -> usize {
        const OVERHEAD: usize = 24;
        match &self.kind {
            Some(Kind::Call(message) | Kind::Answer(message)) => OVERHEAD + message.head.len() + message.body.len(),
            Some(Kind::Part(part)) => part.body.len(),
            Some(Kind::Refused(reason) | Kind::Failed(reason)) => OVERHEAD + reason.why.len(),
            Some(Kind::Cancel(_) | Kind::Drain(_)) | None => OVERHEAD,
        }
    }
}

impl Message {
    /// A message whose body is all in one piece.
    #[must_use]
    pub const fn whole(head: Bytes, body: Bytes) -> Self {
        Self { head, body, more: 0 }
    }
}
