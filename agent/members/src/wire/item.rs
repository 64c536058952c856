//! Gossip items: small facts that spread beside SWIM's own updates. None exceeds 50 bytes.
//!
//! ```text
//! 1 leave        | instance |                               by the leaver itself
//! 2 force-leave  | instance | prune u8 |                    an operator gives up on a failed member
//! 3 details      | instance | version u32 |                 the sender holds this version of its details
//! 4 accusation   | identity | incarnation u16 | from addr | Lifeguard: `from` also suspects it
//! 5 undead       | identity |                               somewhere it counts as down: renew
//! ```

use std::net::SocketAddr;

use super::reader::{Reader, WireError};
use super::writer::Writer;
use crate::Instance;
use crate::identity::Identity;

/// One gossip item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Leave(Instance),
    ForceLeave { instance: Instance, prune: bool },
    Details { instance: Instance, version: u32 },
    Accusation { target: Identity, incarnation: u16, from: SocketAddr },
    Undead(Identity),
}

/// What makes an item replace another in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ItemKey {
    kind: u8,
    about: Instance,
    from: Option<SocketAddr>,
}

impl Item {
    pub(crate) fn key(&self) -> ItemKey {
        let (about, from) = match *self {
            Self::Leave(instance) | Self::ForceLeave { instance, .. } | Self::Details { instance, .. } => (instance, None),
            Self::Accusation { target, from, .. } => (target.instance, Some(from)),
            Self::Undead(identity) => (identity.instance, None),
        };
        ItemKey { kind: self.kind(), about, from }
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
            Self::ForceLeave { instance, prune } => {
                out.instance(instance);
                out.u8(prune.into());
            }
            Self::Details { instance, version } => {
                out.instance(instance);
                out.u32(version);
            }
            Self::Accusation { target, incarnation, from } => {
                out.identity(target);
                out.u16(incarnation);
                out.addr(from);
            }
            Self::Undead(identity) => out.identity(identity),
        }
        out
    }

    /// `None` for a kind that a newer member knows. Fields after ours are a newer member's too.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        let mut reader = Reader::new(bytes);
        Ok(Some(match reader.u8()? {
            1 => Self::Leave(reader.instance()?),
            2 => Self::ForceLeave { instance: reader.instance()?, prune: reader.flag()? },
            3 => Self::Details { instance: reader.instance()?, version: reader.u32()? },
            4 => Self::Accusation { target: reader.identity()?, incarnation: reader.u16()?, from: reader.addr()? },
            5 => Self::Undead(reader.identity()?),
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
        }
    }
}
