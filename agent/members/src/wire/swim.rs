//! foca's header and members in our bytes.
//!
//! ```text
//! header:  | source identity | its incarnation u16 | destination identity | message |
//! message: 1 ping n · 2 ack n · 3 ping-request target n · 4 indirect-ping origin n · 5 indirect-ack target n
//!          6 forwarded-ack origin n · 7 gossip · 8 turn-undead                       (n: probe number u8)
//! ```
//!
//! foca's announce, feed and broadcast have no encoding: joining is push/pull, and broadcasts are our own items.

use bytes::{Buf, BufMut};
use foca::{Codec, Header, Member, Message, State};

use super::reader::{Reader, WireError};
use super::writer::Writer;
use crate::identity::Identity;

/// The codec handed to foca.
pub(crate) struct SwimCodec;

/// What foca is about to read, read beforehand: it does not report suspicions by itself.
pub(crate) struct SwimPacket {
    pub(crate) header: Header<Identity>,
    pub(crate) updates: Vec<Member<Identity>>,
}

impl SwimPacket {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let header = read_header(&mut reader)?;
        let mut updates = Vec::new();
        if !reader.is_empty() {
            for _ in 0..reader.u16()? {
                updates.push(read_member(&mut reader)?);
            }
        }
        if !reader.is_empty() {
            return Err(WireError::Invalid { field: "trailing bytes", value: reader.remaining() as u64 });
        }
        Ok(Self { header, updates })
    }
}

/// A message without updates, as foca would write it.
pub(crate) fn swim_message(src: Identity, src_incarnation: u16, dst: Identity, message: &Message<Identity>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    // Those that have no encoding are foca's own business.
    let _encoded = write_header(&mut out, &Header { src, src_incarnation, dst, message: message.clone() });
    out
}

impl Codec<Identity> for SwimCodec {
    type Error = WireError;

    fn encode_header(&mut self, header: &Header<Identity>, buf: impl BufMut) -> Result<(), WireError> {
        let mut out = Vec::with_capacity(64);
        write_header(&mut out, header)?;
        put(&out, buf)
    }

    fn decode_header(&mut self, buf: impl Buf) -> Result<Header<Identity>, WireError> {
        take(buf, read_header)
    }

    fn encode_member(&mut self, member: &Member<Identity>, buf: impl BufMut) -> Result<(), WireError> {
        let mut out = Vec::with_capacity(32);
        out.identity(*member.id());
        out.u16(member.incarnation());
        out.u8(match member.state() {
            State::Alive => 0,
            State::Suspect => 1,
            State::Down => 2,
        });
        put(&out, buf)
    }

    fn decode_member(&mut self, buf: impl Buf) -> Result<Member<Identity>, WireError> {
        take(buf, read_member)
    }
}

fn write_header(out: &mut Vec<u8>, header: &Header<Identity>) -> Result<(), WireError> {
    out.identity(header.src);
    out.u16(header.src_incarnation);
    out.identity(header.dst);
    write_message(out, &header.message)
}

fn read_header(reader: &mut Reader<'_>) -> Result<Header<Identity>, WireError> {
    Ok(Header { src: reader.identity()?, src_incarnation: reader.u16()?, dst: reader.identity()?, message: read_message(reader)? })
}

fn read_message(reader: &mut Reader<'_>) -> Result<Message<Identity>, WireError> {
    Ok(match reader.u8()? {
        1 => Message::Ping(reader.u8()?),
        2 => Message::Ack(reader.u8()?),
        3 => Message::PingReq { target: reader.identity()?, probe_number: reader.u8()? },
        4 => Message::IndirectPing { origin: reader.identity()?, probe_number: reader.u8()? },
        5 => Message::IndirectAck { target: reader.identity()?, probe_number: reader.u8()? },
        6 => Message::ForwardedAck { origin: reader.identity()?, probe_number: reader.u8()? },
        7 => Message::Gossip,
        8 => Message::TurnUndead,
        other => return Err(WireError::Invalid { field: "swim message", value: other.into() }),
    })
}

fn write_message(out: &mut Vec<u8>, message: &Message<Identity>) -> Result<(), WireError> {
    let (kind, who, number) = match message {
        Message::Ping(number) => (1, None, Some(*number)),
        Message::Ack(number) => (2, None, Some(*number)),
        Message::PingReq { target, probe_number } => (3, Some(*target), Some(*probe_number)),
        Message::IndirectPing { origin, probe_number } => (4, Some(*origin), Some(*probe_number)),
        Message::IndirectAck { target, probe_number } => (5, Some(*target), Some(*probe_number)),
        Message::ForwardedAck { origin, probe_number } => (6, Some(*origin), Some(*probe_number)),
        Message::Gossip => (7, None, None),
        Message::TurnUndead => (8, None, None),
        Message::Announce | Message::Feed | Message::Broadcast => {
            return Err(WireError::Invalid { field: "swim message", value: 0 });
        }
    };
    out.u8(kind);
    if let Some(identity) = who {
        out.identity(identity);
    }
    if let Some(number) = number {
        out.u8(number);
    }
    Ok(())
}

fn read_member(reader: &mut Reader<'_>) -> Result<Member<Identity>, WireError> {
    let (identity, incarnation) = (reader.identity()?, reader.u16()?);
    let state = match reader.u8()? {
        0 => State::Alive,
        1 => State::Suspect,
        2 => State::Down,
        other => return Err(WireError::Invalid { field: "member state", value: other.into() }),
    };
    Ok(Member::new(identity, incarnation, state))
}

fn put(bytes: &[u8], mut buf: impl BufMut) -> Result<(), WireError> {
    if buf.remaining_mut() < bytes.len() {
        return Err(WireError::TooLong);
    }
    buf.put_slice(bytes);
    Ok(())
}

/// foca promises a contiguous buffer.
fn take<T>(mut buf: impl Buf, read: impl FnOnce(&mut Reader<'_>) -> Result<T, WireError>) -> Result<T, WireError> {
    let chunk = buf.chunk();
    let mut reader = Reader::new(chunk);
    let value = read(&mut reader)?;
    let used = chunk.len() - reader.remaining();
    buf.advance(used);
    Ok(value)
}
