//! Gossip items: small facts that spread beside SWIM's own updates. But for user events none exceeds 52 bytes.
//!
//! ```text
//! 1 leave        | instance |                               by the leaver itself
//! 2 force-leave  | instance | prune u8 | renewal u16 |      an operator gives up on a failed member
//! 3 details      | instance | version u32 |                 the sender holds this version of its details
//! 4 accusation   | identity | incarnation u16 | from addr | evidence u8 |   Lifeguard: `from` also suspects it
//! 5 undead       | identity |                               somewhere it counts as down: renew
//! 6 user event   | event |                                  at most 544 bytes
//!
//! evidence, of a call to the suspect's stream port: 1 silent, 2 refused, 3 taken; left out if none was made
//!
//! event: | Lamport time u64 | id u64 u64 | name: text | payload |     text, payload: length u16 before it
//! ```

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::reader::{Reader, WireError};
use super::writer::Writer;
use crate::evidence::Evidence;
use crate::happenings::CLOCK_MAX;
use crate::identity::Identity;
use crate::{Instance, USER_EVENT_MAX, UserEvent};

/// One gossip item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Leave(Instance),
    /// An older member does not say which identity it gave up.
    ForceLeave {
        instance: Instance,
        prune: bool,
        renewal: Option<u16>,
    },
    Details {
        instance: Instance,
        version: u32,
    },
    Accusation {
        target: Identity,
        incarnation: u16,
        from: SocketAddr,
        evidence: Evidence,
    },
    Undead(Identity),
    UserEvent(Arc<UserEvent>),
}

/// What makes an item replace another in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ItemKey {
    Leave(Instance),
    ForceLeave(Instance),
    Details(Instance),
    Accusation(Instance, SocketAddr),
    Undead(Instance),
    UserEvent(u128),
}

impl Item {
    pub(crate) fn key(&self) -> ItemKey {
        match *self {
            Self::Leave(instance) => ItemKey::Leave(instance),
            Self::ForceLeave { instance, .. } => ItemKey::ForceLeave(instance),
            Self::Details { instance, .. } => ItemKey::Details(instance),
            Self::Accusation { target, from, .. } => ItemKey::Accusation(target.instance, from),
            Self::Undead(identity) => ItemKey::Undead(identity.instance),
            Self::UserEvent(ref event) => ItemKey::UserEvent(event.id),
        }
    }

    /// Bytes it takes in an envelope, section header included.
    pub(crate) fn section_len(&self) -> usize {
        3 + self.encode().len()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.u8(self.kind());
        match *self {
            Self::Leave(instance) => out.instance(instance),
            Self::ForceLeave { instance, prune, renewal } => {
                out.instance(instance);
                out.u8(prune.into());
                if let Some(renewal) = renewal {
                    out.u16(renewal);
                }
            }
            Self::Details { instance, version } => {
                out.instance(instance);
                out.u32(version);
            }
            Self::Accusation { target, incarnation, from, evidence } => {
                out.identity(target);
                out.u16(incarnation);
                out.addr(from);
                out.evidence(evidence);
            }
            Self::Undead(identity) => out.identity(identity),
            Self::UserEvent(ref event) => write_event(&mut out, event),
        }
        out
    }

    /// `None` for a kind that a newer member knows. Fields after ours are a newer member's too.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        let mut reader = Reader::new(bytes);
        Ok(Some(match reader.u8()? {
            1 => Self::Leave(reader.instance()?),
            2 => Self::ForceLeave { instance: reader.instance()?, prune: reader.flag()?, renewal: reader.u16().ok() },
            3 => Self::Details { instance: reader.instance()?, version: reader.u32()? },
            4 => Self::Accusation {
                target: reader.identity()?,
                incarnation: reader.u16()?,
                from: reader.addr()?,
                evidence: reader.evidence(),
            },
            5 => Self::Undead(reader.identity()?),
            6 => Self::UserEvent(Arc::new(read_event(&mut reader)?)),
            _ => return Ok(None),
        }))
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Leave(_) => 1,
            Self::ForceLeave { .. } => 2,
            Self::Details { .. } => 3,
            Self::Accusation { .. } => 4,
            Self::Undead(_) => 5,
            Self::UserEvent(_) => 6,
        }
    }
}

pub(crate) fn write_event(out: &mut Vec<u8>, event: &UserEvent) {
    out.u64(event.ltime);
    out.u64((event.id >> 64) as u64);
    out.u64(event.id as u64);
    out.block(event.name.as_bytes());
    out.block(&event.payload);
}

pub(crate) fn read_clock(reader: &mut Reader<'_>) -> Result<u64, WireError> {
    match reader.u64()? {
        clock if clock > CLOCK_MAX => Err(WireError::Invalid { field: "Lamport time", value: clock }),
        clock => Ok(clock),
    }
}

pub(crate) fn read_event(reader: &mut Reader<'_>) -> Result<UserEvent, WireError> {
    let ltime = read_clock(reader)?;
    let id = u128::from(reader.u64()?) << 64 | u128::from(reader.u64()?);
    let (name, payload) = (reader.text()?.to_owned(), Bytes::copy_from_slice(reader.block()?));
    match name.len() + payload.len() {
        len if len > USER_EVENT_MAX => Err(WireError::Invalid { field: "event length", value: len as u64 }),
        _ => Ok(UserEvent { ltime, id, name, payload }),
    }
}
