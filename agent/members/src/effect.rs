//! What the core wants done. Drain with [`Members::poll_effect`](crate::Members::poll_effect) after every input.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::identity::{Identity, Instance};
use crate::{Event, UserEvent};

/// One thing for the driver to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a datagram. It may be lost.
    Packet {
        /// Destination.
        to: SocketAddr,
        /// At most [`Config::max_packet`](crate::Config::max_packet) bytes, sealed.
        bytes: Bytes,
    },
    /// Open a reliable stream, send `bytes`, and feed the one reply to
    /// [`Members::handle_stream_reply`](crate::Members::handle_stream_reply). A stream that fails needs no report.
    Stream {
        /// Destination.
        to: SocketAddr,
        /// At most [`Config::max_stream`](crate::Config::max_stream) bytes, sealed.
        bytes: Bytes,
        /// Why; lets the driver tell a joining operator how it went.
        purpose: Purpose,
    },
    /// Feed `timer` to [`Members::handle_timer`](crate::Members::handle_timer) after `delay`.
    /// Timers are never cancelled: one that is stale when it fires is ignored.
    After {
        /// From now.
        delay: Duration,
        /// To be handed back.
        timer: Timer,
    },
    /// The member list changed.
    Event(Event),
    /// Somebody fired a user event, perhaps we ourselves. Each comes once.
    UserEvent(Arc<UserEvent>),
    /// Another process holds our address under a higher generation (an earlier run with a clock ahead):
    /// we now use this one; persist it.
    Generation(u64),
    /// Another member had us change our keyring: persist [`Members::keys`](crate::Members::keys), and only then send the reply.
    KeyringChanged,
    /// The leave that was asked for is finished; nothing more will be sent.
    Left,
}

/// Why a stream is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An operator or the configuration asked to join through this address.
    Join,
    /// The periodic exchange of states.
    PushPull,
    /// To see whether a failed member is back.
    Reconnect,
    /// To fetch names and tags.
    Details,
    /// To see whether a member lives that answers no ping. As soon as the call is taken or refused, the driver tells
    /// [`Members::handle_contact`](crate::Members::handle_contact), or [`handle_not_called`](crate::Members::handle_not_called) if it makes
    /// none.
    Probe,
}

/// A timer as a value. Opaque to drivers.
#[derive(Clone, Debug, PartialEq)]
pub struct Timer {
    pub(crate) kind: Kind,
    pub(crate) due: Duration,
    /// It fired much too late, and was put off by a little.
    pub(crate) put_off: bool,
}

/// All timers there are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Swim(foca::Timer<Identity>),
    Gossip,
    PushPull,
    /// One more push/pull, soon after joining.
    Settle,
    Reconnect,
    Reap,
    Details,
    /// A suspicion ends, unless its token is no longer the current one.
    Suspicion {
        instance: Instance,
        token: u64,
    },
    /// Tell `origin` that the probe it asked for got no answer.
    Nack {
        origin: Identity,
        target: Identity,
        number: u8,
    },
    /// Send a ping once more.
    PingAgain {
        target: Identity,
        number: u8,
    },
    /// And one made for `origin`.
    ErrandAgain {
        origin: Identity,
        target: Identity,
        number: u8,
    },
    /// Judge whom we watch, and watch the next in the ring.
    Watch,
    /// Ask others to probe whom we watch.
    WatchIndirect {
        target: Identity,
        number: u8,
    },
    /// Ask a suspect of ours again.
    Recheck {
        target: Identity,
        incarnation: u16,
        number: u8,
    },
    Renew,
    Leave {
        step: u8,
    },
}
