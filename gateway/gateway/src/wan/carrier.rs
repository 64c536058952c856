//! Carries what the WAN gossip core sends over the links.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use members::Purpose;
use tokio::sync::{Semaphore, mpsc};

use super::Book;
use crate::counters::{Counters, count};

/// Packets on their way into QUIC at once: more wait behind a path that is being dialled, and are old by then.
const PACKETS: usize = 256;
/// Streams that we may have open.
const STREAMS: usize = 64;
/// Over how long connections to a new member are spread.
const CONNECT_SPREAD: Duration = Duration::from_millis(300);
/// How long a packet is worth sending.
const PACKET_TIME: Duration = Duration::from_secs(2);

/// What came of what was sent.
pub(super) enum Done {
    /// How a stream that we opened ended.
    Stream { to: SocketAddr, purpose: Purpose, reply: Result<Bytes, String> },
    /// The connection was made that a packet waited for, or could not be.
    Connected { to: SocketAddr, made: bool },
}

pub(super) struct Carrier {
    link: link::Handle,
    book: Book,
    counters: Arc<Counters>,
    packets: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    done: mpsc::Sender<Done>,
    stream_time: Duration,
    /// Addresses for which the first packet waits.
    connecting: BTreeSet<SocketAddr>,
}

impl Carrier {
    pub(super) fn new(link: link::Handle, book: Book, counters: Arc<Counters>, done: mpsc::Sender<Done>, stream_time: Duration) -> Self {
        let (packets, streams) = (Arc::new(Semaphore::new(PACKETS)), Arc::new(Semaphore::new(STREAMS)));
        Self { link, book, counters, packets, streams, done, stream_time, connecting: BTreeSet::new() }
    }

    /// Sends a packet, or loses it as a network may. True if it has to wait for a connection: then, and once while that is being made,
    /// [`Done::Connected`] tells the end of it.
    pub(super) fn packet(&mut self, to: SocketAddr, bytes: Bytes) -> bool {
        let (Some(peer), Ok(permit)) = (self.book.peer(to), Arc::clone(&self.packets).try_acquire_owned()) else {
            return false;
        };
        let (link, counters) = (self.link.clone(), Arc::clone(&self.counters));
        let first = !link.is_up(&peer) && self.connecting.insert(to);
        let done = first.then(|| self.done.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let sent = link.datagram(&peer, bytes, PACKET_TIME).await;
            match &sent {
                Ok(()) => count(&counters.datagrams_out),
                Err(error) => tracing::trace!(%to, %error, "gossip packet not sent"),
            }
            if let Some(done) = done {
                // Fails only when the driver is gone.
                let _gone = done.send(Done::Connected { to, made: sent.is_ok() }).await;
            }
        });
        first
    }

    /// The driver has taken [`Done::Connected`].
    pub(super) fn handle_connected(&mut self, to: SocketAddr) {
        self.connecting.remove(&to);
    }

    /// Makes a connection to a new member before anything has to wait for it, answers to its probes above all. Not all who hear of it at the
    /// same time do so at the same time. Those to the process that was there before a restart are dead, and what was sent on them would be
    /// lost until they time out.
    pub(super) fn connect(&self, to: SocketAddr, restarted: bool) {
        if restarted {
            self.link.forget(to);
        }
        if self.book.peer(to).is_some_and(|peer| self.link.is_up(&peer)) {
            return;
        }
        let (Some(peer), Ok(permit)) = (self.book.peer(to), Arc::clone(&self.streams).try_acquire_owned()) else { return };
        let link = self.link.clone();
        tokio::spawn(async move {
            tokio::time::sleep(CONNECT_SPREAD.mul_f64(rand::random())).await;
            if let Err(error) = link.connect(&peer, PACKET_TIME).await {
                tracing::debug!(%to, %error, "no connection to a new WAN member");
            }
            drop(permit);
        });
    }

    /// Opens a stream, and puts the reply into the inbox.
    ///
    /// # Errors
    /// Why not, in words for the operator.
    pub(super) fn stream(&self, to: SocketAddr, bytes: Bytes, purpose: Purpose) -> Result<(), String> {
        let peer = self.book.peer(to).ok_or_else(|| format!("nobody knows which datacenter is at {to}"))?;
        let permit = Arc::clone(&self.streams).try_acquire_owned().map_err(|_| "too many streams are open".to_owned())?;
        let (link, done, within) = (self.link.clone(), self.done.clone(), self.stream_time);
        tokio::spawn(async move {
            let reply = link.gossip_stream(&peer, bytes, within).await.map_err(|error| error.to_string());
            drop(permit);
            // Fails only when the driver is gone.
            let _gone = done.send(Done::Stream { to, purpose, reply }).await;
        });
        Ok(())
    }
}
