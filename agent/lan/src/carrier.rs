//! What the pool sends goes out by UDP and TCP, and what happens in it to whoever listens.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use gossip::{Call, Carrier, Sent};
use members::{Coordinate, Event, Member, Members, UserEvent};
use tokio::net::UdpSocket;
use tokio::sync::{broadcast, watch};

use crate::calling;

/// Events kept for a slow reader, who then sees that it missed some.
const EVENTS: usize = 4096;
/// User events kept for a slow reader, who then misses the oldest.
const USER_EVENTS: usize = 512;

pub(crate) struct LanCarrier {
    udp: Arc<UdpSocket>,
    /// Longest reply on a stream.
    max: usize,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) user_events: broadcast::Sender<Arc<UserEvent>>,
    pub(crate) coordinate: watch::Sender<Coordinate>,
    /// By the request that is being answered.
    pub(crate) keyring_changed: bool,
}

impl LanCarrier {
    pub(crate) fn new(udp: Arc<UdpSocket>, core: &Members) -> Self {
        Self {
            udp,
            max: core.config().max_stream,
            events: broadcast::Sender::new(EVENTS),
            user_events: broadcast::Sender::new(USER_EVENTS),
            coordinate: watch::Sender::new(core.coordinate()),
            keyring_changed: false,
        }
    }
}

impl Carrier for LanCarrier {
    /// A full socket buffer loses the packet, as the network might.
    fn packet(&mut self, to: SocketAddr, bytes: Bytes) -> Sent {
        if let Err(error) = self.udp.try_send_to(&bytes, to) {
            tracing::trace!(%to, %error, "gossip packet not sent");
        }
        Sent::Away
    }

    fn call(&mut self, call: Call) -> impl Future<Output = Result<Bytes, String>> + Send + 'static {
        calling::make(call, self.max)
    }

    fn event(&mut self, event: Event) {
        // Fails only when nobody listens.
        let _nobody = self.events.send(event);
    }

    fn user_event(&mut self, event: Arc<UserEvent>) {
        // Fails only when nobody listens.
        let _nobody = self.user_events.send(event);
    }

    fn keyring_changed(&mut self) {
        self.keyring_changed = true;
    }

    fn settled(&mut self, core: &Members, _: Option<&Arc<[Member]>>) {
        let (here, told) = (core.coordinate(), *self.coordinate.borrow());
        if here != told {
            self.coordinate.send_replace(here);
        }
    }
}
