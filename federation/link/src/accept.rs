use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use parking_lot::Mutex;
use quinn::Connecting;
use quinn::Connection;
use quinn::Incoming;
use quinn::crypto::rustls::HandshakeData;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tracing::debug;
use tracing::warn;

use crate::Class;
use crate::Congestion;
use crate::Exporter;
use crate::Join;
use crate::PeerInfo;
use crate::Replier;
use crate::TlsSource;
use crate::budget::Budget;
use crate::code;
use crate::frame;
use crate::frame::Kind;
use crate::inbound::Queues;
use crate::mesh;
use crate::replier::Admitted;
use crate::serve;
use crate::shared::JOIN_LIMITS;
use crate::shared::Shared;
use crate::tls;

/// A handshake over a slow path takes three round trips; this is five at 2 s.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// For a stranger's request to arrive: one who connects and says nothing must not keep others out.
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// For a stranger's answer: this side may have to ask its raft for it.
const ANSWER_TIME: Duration = Duration::from_secs(15);

/// Admits connections and hands them to what serves their class.
#[derive(Clone)]
pub(crate) struct Acceptor {
    shared: Shared,
    queues: Queues,
    tls: Arc<dyn TlsSource>,
    congestion: Congestion,
    connections: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    handshakes: Arc<AtomicUsize>,
    budget: Arc<Mutex<Budget>>,
}

impl Acceptor {
    pub(crate) fn new(shared: Shared, queues: Queues, tls: Arc<dyn TlsSource>, congestion: Congestion) -> Self {
        let limits = shared.limits;
        Self {
            shared,
            queues,
            tls,
            congestion,
            connections: Arc::new(Semaphore::new(limits.connections)),
            strangers: Arc::new(Semaphore::new(limits.joins)),
            handshakes: Arc::new(AtomicUsize::new(0)),
            budget: Arc::new(Mutex::new(Budget::new(limits.joins_per_minute))),
        }
    }

    /// Decides on a first packet, before any cryptography is spent on it.
    pub(crate) fn handle_incoming(&self, incoming: Incoming) {
        let under_way = self.handshakes.load(Ordering::Relaxed);
        let Ok(place) = self.connections.clone().try_acquire_owned() else {
            return incoming.refuse();
        };
        if under_way >= self.shared.limits.handshakes {
            return incoming.refuse();
        }
        if under_way >= self.shared.limits.handshakes_before_retry && incoming.may_retry() {
            // Cannot fail: `may_retry` was asked.
            let _ = incoming.retry();
            return;
        }
        let connecting = match tls::server(&*self.tls, self.congestion) {
            Ok(config) => incoming.accept_with(Arc::new(config)),
            Err(error) => {
                warn!(%error, "connection refused");
                return incoming.refuse();
            }
        };
        let Ok(connecting) = connecting else { return };
        let handshake = Counted::new(self.handshakes.clone());
        tokio::spawn(self.clone().serve(connecting, place, handshake));
    }

    async fn serve(self, connecting: Connecting, _place: OwnedSemaphorePermit, handshake: Counted) {
        let remote = connecting.remote_address();
        let connection = match tokio::time::timeout(HANDSHAKE_TIME, connecting).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return debug!(%remote, %error, "handshake failed"),
            Err(_) => return debug!(%remote, "handshake timed out"),
        };
        drop(handshake);
        let Some(class) = class_of(&connection) else {
            // The handshake fails without a common protocol: this is never reached.
            return connection.close(code::MALFORMED, b"no protocol");
        };
        let peer = Arc::new(PeerInfo::of(&connection, class));
        match class {
            Class::Stranger => self.serve_stranger(connection, peer).await,
            _ if peer.certs.is_empty() => connection.close(code::UNAUTHENTICATED, b"certificate required"),
            Class::Control => {
                Class::Control.widen(&connection);
                serve::control(connection, peer, self.queues, self.shared).await;
            }
            Class::Mesh => {
                Class::Mesh.widen(&connection);
                mesh::serve(connection, peer, self.queues.mesh, self.shared).await;
            }
        }
    }

    async fn serve_stranger(self, connection: Connection, peer: Arc<PeerInfo>) {
        let in_budget = self.budget.lock().take(Instant::now(), peer.addr.ip());
        let place = self.strangers.clone().try_acquire_owned();
        let (true, Ok(_place)) = (in_budget, place) else {
            return connection.close(code::OVER_BUDGET, b"too many joins");
        };
        let taken = tokio::time::timeout(REQUEST_TIME, self.take_join(&connection, peer)).await;
        // The stranger closes when it has its answer.
        if taken.is_err() || tokio::time::timeout(ANSWER_TIME, connection.closed()).await.is_err() {
            connection.close(code::EXPIRED, b"join timed out");
        }
    }

    /// Reads the one request and queues it, or refuses it.
    async fn take_join(&self, connection: &Connection, peer: Arc<PeerInfo>) {
        let Ok((send, mut recv)) = connection.accept_bi().await else { return };
        let request = match frame::read(&mut recv, |prefix, _| prefix.check(Kind::Join, JOIN_LIMITS)).await {
            Ok((message, ())) => message.body,
            Err(error) => return serve::refuse(send, &mut recv, serve::refusal(&error, &self.shared)),
        };
        let Some(exporter) = Exporter::of(connection) else {
            return connection.close(code::MALFORMED, b"no keying material");
        };
        let admitted = Admitted { _under_way: self.shared.under_way.token(), _place: None, _memory: None };
        let reply = Replier::new(send, JOIN_LIMITS, self.shared.closing.clone(), admitted);
        if let Err(refused) = self.queues.joins.try_send(Join { peer, exporter, request, reply }) {
            refused.into_inner().reply.refuse_busy();
        }
    }
}

fn class_of(connection: &Connection) -> Option<Class> {
    let data = connection.handshake_data()?.downcast::<HandshakeData>().ok()?;
    Class::from_alpn(data.protocol.as_deref()?)
}

/// One handshake under way, counted while this lives.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(counter: Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
