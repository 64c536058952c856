//! The bytes on a stream.
//!
//! Every message — a request, an answer, gossip, a join, the opening of a mesh stream — is a prefix of twelve bytes, a
//! head and a body. Numbers are big-endian. The end of the message is the end of the stream (FIN), except on a mesh
//! stream, where the carried bytes follow the head.
//!
//! ```text
//!  0      1         2      4            8            12          12 + h        12 + h + b
//!  ┌──────┬─────────┬──────┬────────────┬────────────┬───────────┬─────────────┐
//!  │ kind │ version │ zero │ h: head    │ b: body    │ head      │ body        │
//!  │  u8  │   u8    │ u16  │ bytes, u32 │ bytes, u32 │ h bytes   │ b bytes     │
//!  └──────┴─────────┴──────┴────────────┴────────────┴───────────┴─────────────┘
//! ```
//!
//! | stream | request | answer |
//! | --- | --- | --- |
//! | bidirectional, control | `Call` or `Gossip` | `Answer` |
//! | unidirectional, control | `Datagram` (its head is empty) | none |
//! | bidirectional, mesh | `Mesh` (no body), then bytes until FIN | bytes until FIN |
//! | bidirectional, stranger | `Join` | `Answer` |
//!
//! Head and body are opaque. The head of a call holds, from its first version, what a relay needs without reading the
//! body: `ttl`, `relay` and `age`; the crate that says calls draws it. `zero` is refused if it is not: room for later.

use bytes::BufMut;
use bytes::Bytes;
use bytes::BytesMut;
use quinn::ReadError;
use quinn::ReadExactError;
use quinn::RecvStream;
use thiserror::Error;

pub(crate) const PREFIX_BYTES: usize = 12;

const VERSION: u8 = 1;

/// Up to here a body is copied behind its head: one chunk in quinn's queue is cheaper than the copy.
const COPY_BYTES: usize = 2048;

/// Chunks taken per lock of the connection: a packet's worth each.
const CHUNKS: usize = 16;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Call,
    Answer,
    Gossip,
    Datagram,
    Join,
    Mesh,
}

/// Most bytes of the parts of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessageLimits {
    pub(crate) head: u32,
    pub(crate) body: u32,
}

/// A message that is too big to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooBig {
    pub(crate) what: &'static str,
    pub(crate) bytes: usize,
    pub(crate) limit: u32,
}

/// A message that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum MessageError {
    #[error(transparent)]
    Stream(#[from] ReadError),
    #[error("{0}")]
    Malformed(&'static str),
    #[error("too big")]
    TooBig,
    #[error("no room for it now")]
    NoRoom,
}

/// The start of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) kind: Kind,
    pub(crate) head: u32,
    pub(crate) body: u32,
}

/// A message read to its end. Head and body share the packet's memory where it came in one.
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) head: Bytes,
    pub(crate) body: Bytes,
}

/// A message as the chunks to write: one if it is small, else the body as it is behind prefix and head.
pub(crate) fn encode(kind: Kind, head: &[u8], body: Bytes, limits: MessageLimits) -> Result<[Bytes; 2], TooBig> {
    let prefix = Prefix { kind, head: checked("head", head.len(), limits.head)?, body: checked("body", body.len(), limits.body)? };
    let copied = if body.len() <= COPY_BYTES { body.len() } else { 0 };
    let mut start = BytesMut::with_capacity(PREFIX_BYTES + head.len() + copied);
    prefix.put(&mut start);
    start.put_slice(head);
    start.put_slice(&body[..copied]);
    let rest = if copied == body.len() { Bytes::new() } else { body };
    Ok([start.freeze(), rest])
}

/// Whether a message of these sizes may be sent: asked before anything is done for it.
pub(crate) fn check_size(head: usize, body: usize, limits: MessageLimits) -> Result<(), TooBig> {
    checked("head", head, limits.head)?;
    checked("body", body, limits.body)?;
    Ok(())
}

/// Reads a message and the end of the stream. `admit` sees the prefix and the bytes already here before more are taken.
pub(crate) async fn read<T>(
    recv: &mut RecvStream,
    admit: impl FnOnce(Prefix, usize) -> Result<T, MessageError>,
) -> Result<(Message, T), MessageError> {
    let mut chunks: [Bytes; CHUNKS] = Default::default();
    let count = recv.read_chunks(&mut chunks).await?.ok_or(MessageError::Malformed("empty"))?;
    // The usual message came in one packet: its parts are slices of it.
    let mut data = if count == 1 { std::mem::take(&mut chunks[0]) } else { joined(&chunks[..count]) };
    while data.len() < PREFIX_BYTES {
        let count = recv.read_chunks(&mut chunks).await?.ok_or(MessageError::Malformed("ends in the prefix"))?;
        data = joined(std::iter::once(&data).chain(&chunks[..count]));
    }
    let prefix = Prefix::parse(&data)?;
    let admitted = admit(prefix, data.len())?;
    let total = prefix.total();
    if data.len() < total {
        data = read_rest(recv, data, total, &mut chunks).await?;
    } else if recv.read_chunks(&mut chunks).await?.is_some() {
        return Err(MessageError::Malformed("bytes after the body"));
    }
    if data.len() != total {
        return Err(MessageError::Malformed("length differs from the prefix"));
    }
    let head_end = PREFIX_BYTES + prefix.head as usize;
    Ok((Message { kind: prefix.kind, head: data.slice(PREFIX_BYTES..head_end), body: data.slice(head_end..) }, admitted))
}

/// Reads prefix and head, and not a byte more.
pub(crate) async fn read_head(recv: &mut RecvStream, kind: Kind, limit: u32) -> Result<Bytes, MessageError> {
    let mut start = [0; PREFIX_BYTES];
    recv.read_exact(&mut start).await.map_err(early_end)?;
    let prefix = Prefix::parse(&start)?;
    prefix.check(kind, MessageLimits { head: limit, body: 0 })?;
    let mut head = vec![0; prefix.head as usize];
    recv.read_exact(&mut head).await.map_err(early_end)?;
    Ok(head.into())
}

impl Prefix {
    fn parse(data: &[u8]) -> Result<Self, MessageError> {
        let &[kind, version, z0, z1, h0, h1, h2, h3, b0, b1, b2, b3, ..] = data else {
            return Err(MessageError::Malformed("ends in the prefix"));
        };
        if version != VERSION || [z0, z1] != [0, 0] {
            return Err(MessageError::Malformed("unknown version"));
        }
        Ok(Self {
            kind: Kind::parse(kind).ok_or(MessageError::Malformed("unknown kind"))?,
            head: u32::from_be_bytes([h0, h1, h2, h3]),
            body: u32::from_be_bytes([b0, b1, b2, b3]),
        })
    }

    fn put(self, out: &mut BytesMut) {
        out.put_slice(&[self.kind.tag(), VERSION, 0, 0]);
        out.put_u32(self.head);
        out.put_u32(self.body);
    }

    /// Bytes of the whole message. No overflow: a `usize` has 64 bits on every platform this runs on.
    pub(crate) fn total(self) -> usize {
        PREFIX_BYTES.saturating_add(self.head as usize).saturating_add(self.body as usize)
    }

    pub(crate) fn check(self, kind: Kind, limits: MessageLimits) -> Result<(), MessageError> {
        if self.kind != kind {
            return Err(MessageError::Malformed("a kind that does not belong here"));
        }
        if self.head > limits.head || self.body > limits.body {
            return Err(MessageError::TooBig);
        }
        Ok(())
    }
}

impl Kind {
    fn tag(self) -> u8 {
        match self {
            Self::Call => 1,
            Self::Answer => 2,
            Self::Gossip => 3,
            Self::Datagram => 4,
            Self::Join => 5,
            Self::Mesh => 6,
        }
    }

    fn parse(tag: u8) -> Option<Self> {
        [Self::Call, Self::Answer, Self::Gossip, Self::Datagram, Self::Join, Self::Mesh].into_iter().find(|kind| kind.tag() == tag)
    }
}

async fn read_rest(recv: &mut RecvStream, start: Bytes, total: usize, chunks: &mut [Bytes; CHUNKS]) -> Result<Bytes, MessageError> {
    // Reserve as bytes arrive, not as the prefix claims: a claim costs the sender nothing.
    let mut data = BytesMut::with_capacity(total.min(64 << 10).max(start.len()));
    data.extend_from_slice(&start);
    while let Some(count) = recv.read_chunks(chunks).await? {
        for chunk in &mut chunks[..count] {
            if data.len() + chunk.len() > total {
                return Err(MessageError::Malformed("bytes after the body"));
            }
            data.extend_from_slice(&std::mem::take(chunk));
        }
    }
    Ok(data.freeze())
}

fn joined<'a>(chunks: impl IntoIterator<Item = &'a Bytes>) -> Bytes {
    let mut all = BytesMut::new();
    chunks.into_iter().for_each(|chunk| all.extend_from_slice(chunk));
    all.freeze()
}

fn checked(what: &'static str, bytes: usize, limit: u32) -> Result<u32, TooBig> {
    match u32::try_from(bytes) {
        Ok(size) if size <= limit => Ok(size),
        _ => Err(TooBig { what, bytes, limit }),
    }
}

fn early_end(error: ReadExactError) -> MessageError {
    match error {
        ReadExactError::FinishedEarly(_) => MessageError::Malformed("ends early"),
        ReadExactError::ReadError(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LIMITS: MessageLimits = MessageLimits { head: 100, body: 10_000 };

    #[test]
    fn golden_bytes() {
        let [start, rest] = encode(Kind::Call, b"hd", Bytes::from_static(b"body"), LIMITS).unwrap();
        assert_eq!(&start[..], b"\x01\x01\0\0\0\0\0\x02\0\0\0\x04hdbody");
        assert!(rest.is_empty());
        let expected = Prefix { kind: Kind::Call, head: 2, body: 4 };
        assert_eq!(Prefix::parse(&start), Ok(expected));
    }

    #[test]
    fn a_big_body_is_not_copied() {
        let body = Bytes::from(vec![7; 9000]);
        let [start, rest] = encode(Kind::Answer, b"", body.clone(), LIMITS).unwrap();
        assert_eq!(start.len(), PREFIX_BYTES);
        assert_eq!(rest.as_ptr(), body.as_ptr());
    }

    #[test]
    fn limits_and_unknown_prefixes_are_refused() {
        let too_big = encode(Kind::Call, b"", Bytes::from(vec![0; 10_001]), LIMITS).unwrap_err();
        assert_eq!(too_big, TooBig { what: "body", bytes: 10_001, limit: 10_000 });
        for bad in [&b"\x01\x01"[..], b"\x09\x01\0\0........", b"\x01\x02\0\0........", b"\x01\x01\0\x01........"] {
            assert!(matches!(Prefix::parse(bad), Err(MessageError::Malformed(_))));
        }
        let prefix = Prefix { kind: Kind::Call, head: u32::MAX, body: u32::MAX };
        assert_eq!(prefix.check(Kind::Call, LIMITS), Err(MessageError::TooBig));
        assert_eq!(prefix.total(), 12 + 2 * u32::MAX as usize);
    }
}
