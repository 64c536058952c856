use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quinn::Connection;
use quinn::RecvStream;
use quinn::SendDatagramError;
use quinn::SendStream;

use crate::Class;
use crate::ClientTls;
use crate::Exporter;
use crate::LinkError;
use crate::MeshStream;
use crate::NotSent;
use crate::PathStats;
use crate::Peer;
use crate::code;
use crate::dialler::Dialler;
use crate::exchange::Failure;
use crate::exchange::exchange;
use crate::exchange::not_written;
use crate::frame;
use crate::frame::Kind;
use crate::frame::Message;
use crate::frame::MessageLimits;
use crate::pool::Pool;
use crate::shared::JOIN_LIMITS;
use crate::shared::Shared;

/// The sending side of a link. Clones share connections. Dropping a future of any method cancels what it does, and the
/// peer learns it.
#[derive(Clone)]
pub struct Handle {
    inner: Arc<Inner>,
}

struct Inner {
    dialler: Dialler,
    pool: Pool,
    shared: Shared,
}

impl Handle {
    pub(crate) fn new(dialler: Dialler, shared: Shared) -> Self {
        let pool = Pool::new(dialler.clone(), shared.limits.peers);
        Self { inner: Arc::new(Inner { dialler, pool, shared }) }
    }

    /// Calls a peer: dials if there is no connection, sends head and body on a stream of its own, waits for the answer.
    /// All of it within `within`.
    ///
    /// # Errors
    /// [`LinkError`] says whether the request can have been processed.
    pub async fn call(&self, to: &Peer, head: Bytes, body: Bytes, within: Duration) -> Result<(Bytes, Bytes), LinkError> {
        let answer = self.exchange(to, Kind::Call, &head, body, within).await;
        answer.map(|message| (message.head, message.body)).map_err(|failure| failure.of(to.addr))
    }

    /// A push/pull exchange: as [`Self::call`], to the peer's gossip.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn gossip_stream(&self, to: &Peer, data: Bytes, within: Duration) -> Result<Bytes, LinkError> {
        let answer = self.exchange(to, Kind::Gossip, &[], data, within).await;
        answer.map(|message| message.body).map_err(|failure| failure.of(to.addr))
    }

    /// Sends gossip without an answer: as a datagram, or if it is too big for one, on a unidirectional stream. Done
    /// when it is handed to QUIC. The oldest waiting datagram is dropped if the path is too slow.
    ///
    /// # Errors
    /// Always [`LinkError::NotSent`].
    pub async fn datagram(&self, to: &Peer, data: Bytes, within: Duration) -> Result<(), LinkError> {
        let sent = tokio::time::timeout(within, self.send_datagram(to, data)).await;
        sent.unwrap_or(Err(NotSent::TimedOut)).map_err(|why| LinkError::NotSent { peer: to.addr, why })
    }

    /// Opens a stream to carry a connection. The far side may still refuse it: the first read then fails.
    ///
    /// # Errors
    /// Always [`LinkError::NotSent`].
    pub async fn mesh_stream(&self, to: &Peer, head: Bytes, within: Duration) -> Result<MeshStream, LinkError> {
        let opened = tokio::time::timeout(within, self.open_mesh(to, head)).await;
        opened.unwrap_or(Err(NotSent::TimedOut)).map_err(|why| LinkError::NotSent { peer: to.addr, why })
    }

    /// Asks to join as a stranger, on a connection of its own that ends with the answer. `request` is made from the
    /// session's exporter, so that it can prove knowledge of a secret for this session and no other.
    ///
    /// # Errors
    /// As [`Self::call`]. Request and answer are at most 64 KiB.
    pub async fn join_call(
        &self,
        to: &Peer,
        tls: &ClientTls,
        request: impl FnOnce(&Exporter) -> Bytes,
        within: Duration,
    ) -> Result<(Bytes, Exporter), LinkError> {
        let mut sent = false;
        let work = async {
            let _under_way = self.begin()?;
            let connection = Closing(self.inner.dialler.dial_with(to, Class::Stranger, tls).await.map_err(NotSent::Dial)?);
            let exporter = Exporter::of(&connection.0).ok_or(NotSent::RefusedForm)?;
            let body = request(&exporter);
            let streams = connection.0.open_bi().await.map_err(NotSent::from)?;
            let answer = exchange(streams, Kind::Join, &[], body, JOIN_LIMITS, &mut sent).await?;
            Ok((answer.body, exporter))
        };
        let answer = tokio::time::timeout(within, work).await;
        answer.unwrap_or_else(|_| Err(Failure::timed_out(sent))).map_err(|failure| failure.of(to.addr))
    }

    /// Replaces the connections that are up by new ones, which show the certificates of now: a connection shows for ever what it was made
    /// with, and a peer stops believing it when that expires. What is under way may end within `grace`.
    pub async fn renew(&self, grace: Duration) {
        self.inner.pool.renew(grace).await;
    }

    /// Sees that there is a connection for gossip and calls to a peer.
    ///
    /// # Errors
    /// Always [`LinkError::NotSent`].
    pub async fn connect(&self, to: &Peer, within: Duration) -> Result<(), LinkError> {
        let connecting = async {
            let _under_way = self.begin()?;
            self.inner.pool.connection(to, Class::Control).await.map(drop)
        };
        let made = tokio::time::timeout(within, connecting).await;
        made.unwrap_or(Err(NotSent::TimedOut)).map_err(|why| LinkError::NotSent { peer: to.addr, why })
    }

    /// Whether gossip to a peer goes out at once, without dialling first.
    pub fn is_up(&self, to: &Peer) -> bool {
        self.inner.pool.is_up(to, Class::Control)
    }

    /// The paths to all dialled peers, by address, name and class.
    pub fn paths(&self) -> Vec<PathStats> {
        self.inner.pool.paths()
    }

    /// Closes the connections to an address that is no longer used and drops its statistics.
    pub fn forget(&self, addr: SocketAddr) {
        self.inner.pool.forget(addr);
    }

    async fn exchange(&self, to: &Peer, kind: Kind, head: &[u8], body: Bytes, within: Duration) -> Result<Message, Failure> {
        let mut sent = false;
        let work = async {
            let _under_way = self.begin()?;
            let limits = self.inner.shared.message_limits();
            check_size(head, &body, limits)?;
            let streams = self.open(to, Class::Control).await?;
            exchange(streams, kind, head, body, limits, &mut sent).await
        };
        let answer = tokio::time::timeout(within, work).await;
        answer.unwrap_or_else(|_| Err(Failure::timed_out(sent)))
    }

    async fn send_datagram(&self, to: &Peer, data: Bytes) -> Result<(), NotSent> {
        let _under_way = self.begin()?;
        let limits = MessageLimits { head: 0, ..self.inner.shared.message_limits() };
        check_size(&[], &data, limits)?;
        let connection = self.inner.pool.connection(to, Class::Control).await?;
        match connection.send_datagram(data.clone()) {
            Ok(()) => return Ok(()),
            Err(SendDatagramError::ConnectionLost(why)) => {
                self.inner.pool.handle_lost(to, Class::Control, &connection, &why);
                return Err(NotSent::Connection(why));
            }
            Err(SendDatagramError::TooLarge | SendDatagramError::UnsupportedByPeer | SendDatagramError::Disabled) => {}
        }
        let mut chunks = frame::encode(Kind::Datagram, &[], data, limits)?;
        let mut send = connection.open_uni().await?;
        send.write_all_chunks(&mut chunks).await.map_err(not_written)?;
        // An error means that the peer has refused the stream meanwhile; gossip has no answer to wait for.
        let _ = send.finish();
        Ok(())
    }

    async fn open_mesh(&self, to: &Peer, head: Bytes) -> Result<MeshStream, NotSent> {
        let _under_way = self.begin()?;
        let limits = MessageLimits { head: self.inner.shared.limits.head, body: 0 };
        let chunks = frame::encode(Kind::Mesh, &head, Bytes::new(), limits)?;
        let (send, recv) = self.open(to, Class::Mesh).await?;
        MeshStream::open(send, recv, chunks).await.map_err(not_written)
    }

    /// Opens a stream; a connection that turns out dead is dialled anew once.
    async fn open(&self, to: &Peer, class: Class) -> Result<(SendStream, RecvStream), NotSent> {
        let pool = &self.inner.pool;
        let connection = pool.connection(to, class).await?;
        match connection.open_bi().await {
            Ok(streams) => Ok(streams),
            Err(why) => {
                pool.handle_lost(to, class, &connection, &why);
                Ok(pool.connection(to, class).await?.open_bi().await?)
            }
        }
    }

    fn begin(&self) -> Result<impl Drop + use<>, NotSent> {
        if self.inner.shared.closing.is_cancelled() {
            return Err(NotSent::Closing);
        }
        Ok(self.inner.shared.under_way.token())
    }
}

/// A connection closed when dropped: a stranger's, used once.
struct Closing(Connection);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close(code::DONE, b"");
    }
}

fn check_size(head: &[u8], body: &Bytes, limits: MessageLimits) -> Result<(), NotSent> {
    frame::check_size(head.len(), body.len(), limits).map_err(NotSent::from)
}
