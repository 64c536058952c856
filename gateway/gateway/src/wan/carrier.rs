//! Carries what the WAN gossip core sends over the links.

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
/// How long a packet is worth sending.
const PACKET_TIME: Duration = Duration::from_secs(2);

/// How a stream that we opened ended.
pub(super) struct Done {
    pub(super) to: SocketAddr,
    pub(super) purpose: Purpose,
    pub(super) reply: Result<Bytes, String>,
}

pub(super) struct Carrier {
    link: link::Handle,
    book: Book,
    counters: Arc<Counters>,
    packets: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    done: mpsc::Sender<Done>,
    stream_time: Duration,
}

impl Carrier {
    pub(super) fn new(link: link::Handle, book: Book, counters: Arc<Counters>, done: mpsc::Sender<Done>, stream_time: Duration) -> Self {
        let (packets, streams) = (Arc::new(Semaphore::new(PACKETS)), Arc::new(Semaphore::new(STREAMS)));
        Self { link, book, counters, packets, streams, done, stream_time }
    }

    /// Sends a packet, or loses it as a network may.
    pub(super) fn packet(&self, to: SocketAddr, bytes: Bytes) {
        let (Some(peer), Ok(permit)) = (self.book.peer(to), Arc::clone(&self.packets).try_acquire_owned()) else {
            return;
        };
        let (link, counters) = (self.link.clone(), Arc::clone(&self.counters));
        tokio::spawn(async move {
            let _permit = permit;
            match link.datagram(&peer, bytes, PACKET_TIME).await {
                Ok(()) => count(&counters.datagrams_out),
                Err(error) => tracing::trace!(%to, %error, "gossip packet not sent"),
            }
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
            let _gone = done.send(Done { to, purpose, reply }).await;
        });
        Ok(())
    }
}
