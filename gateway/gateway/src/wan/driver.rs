//! The owner task of the WAN pool: what the links bring to it.

use std::sync::Arc;

use bytes::Bytes;
use gossip::Pool;
use link::Gossip;
use members::{Config, DetailsError, Keyring, Me};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::carrier::{Carrier, Connected};
use super::{Book, WanHandle};
use crate::counters::{Counters, count};
use crate::trust::Identities;

/// Ends of connecting that wait for the owner task.
const INBOX: usize = 256;

/// A member of the WAN pool. Nothing happens until [`run`](Self::run).
pub(crate) struct Wan {
    pool: Pool,
    carrier: Carrier,
    book: Book,
    counters: Arc<Counters>,
    connected: mpsc::Receiver<Connected>,
}

impl Wan {
    /// A member alone in its pool. The links encrypt and authenticate, so the pool has no keyring.
    ///
    /// # Errors
    /// Our name or tags are not acceptable.
    pub(crate) fn new(config: Config, me: Me, link: link::Handle, counters: Arc<Counters>) -> Result<(Self, WanHandle), DetailsError> {
        let addr = me.addr;
        let (pool, speak) = Pool::new(config, me, Keyring::default())?;
        let (connected_tx, connected) = mpsc::channel(INBOX);
        let book = Book::default();
        let carrier = Carrier::new(link, book.clone(), Arc::clone(&counters), connected_tx, pool.core());
        let handle = WanHandle { pool: speak, places: carrier.places(), book: book.clone(), addr };
        Ok((Self { pool, carrier, book, counters, connected }, handle))
    }

    /// Gossips until `stop`, taking in what the link receives.
    pub(crate) async fn run(mut self, mut gossip: mpsc::Receiver<Gossip>, identities: Arc<Identities>, stop: CancellationToken) {
        self.pool.start(&mut self.carrier);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                turn = self.pool.turn() => self.pool.take(turn, &mut self.carrier),
                Some(Connected { to, made }) = self.connected.recv() => {
                    self.carrier.handle_connected(to);
                    self.pool.feed(&mut self.carrier, |core, now| core.handle_connected(now, to, made));
                }
                Some(gossip) = gossip.recv() => {
                    let (Gossip::Datagram { peer, .. } | Gossip::Stream { peer, .. }) = &gossip;
                    if let Some(dc) = identities.datacenter(peer) {
                        // Gossip may name its sender before it tells who that is.
                        self.book.learn(peer.addr, dc.as_str());
                        self.on_gossip(gossip);
                    }
                }
            }
        }
    }

    fn on_gossip(&mut self, gossip: Gossip) {
        match gossip {
            Gossip::Datagram { peer, data } => {
                count(&self.counters.datagrams_in);
                if let Err(error) = self.pool.feed(&mut self.carrier, |core, now| core.handle_packet(now, &data)) {
                    tracing::debug!(from = %peer.addr, %error, "dropped WAN gossip packet");
                }
            }
            Gossip::Stream { peer, data, reply } => match self.pool.feed(&mut self.carrier, |core, now| core.handle_stream(now, &data)) {
                Ok(answer) => {
                    tokio::spawn(async move {
                        if let Err(error) = reply.send(Bytes::new(), answer).await {
                            tracing::debug!(to = %peer.addr, %error, "push/pull not answered");
                        }
                    });
                }
                Err(error) => tracing::debug!(from = %peer.addr, %error, "refused WAN gossip stream"),
            },
        }
    }
}
