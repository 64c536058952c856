//! Carries what the WAN pool sends over the links, and keeps what the links have to know of its members.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gossip::{Call, Sent};
use members::{Coordinate, Event, Member, Members, UserEvent};
use tokio::sync::{Semaphore, mpsc, watch};

use super::Book;
use super::handle::Places;
use super::runs::Runs;
use crate::counters::{Counters, count};

/// Packets on their way into QUIC at once: more wait behind a path that is being dialled, and are old by then.
const PACKETS: usize = 256;
/// Connections to new members that are being made at once; others are made when something is to be sent.
const CONNECTS: usize = 64;
/// Over how long connections to a new member are spread.
const CONNECT_SPREAD: Duration = Duration::from_millis(300);
/// How long a packet is worth sending.
const PACKET_TIME: Duration = Duration::from_secs(2);

/// The connection was made that a packet waited for, or could not be.
pub(super) struct Connected {
    pub(super) to: SocketAddr,
    pub(super) made: bool,
}

pub(super) struct Carrier {
    link: link::Handle,
    book: Book,
    runs: Runs,
    counters: Arc<Counters>,
    packets: Arc<Semaphore>,
    connects: Arc<Semaphore>,
    connected: mpsc::Sender<Connected>,
    /// Addresses for which the first packet waits.
    connecting: BTreeSet<SocketAddr>,
    ours: SocketAddr,
    /// Other members that are new or changed, and whether they were restarted.
    news: Vec<(SocketAddr, bool)>,
    here: Coordinate,
    places: watch::Sender<Arc<Places>>,
}

impl Carrier {
    pub(super) fn new(link: link::Handle, book: Book, counters: Arc<Counters>, connected: mpsc::Sender<Connected>, core: &Members) -> Self {
        Self {
            link,
            book,
            runs: Runs::default(),
            counters,
            packets: Arc::new(Semaphore::new(PACKETS)),
            connects: Arc::new(Semaphore::new(CONNECTS)),
            connected,
            connecting: BTreeSet::new(),
            ours: core.me().addr,
            news: Vec::new(),
            here: core.coordinate(),
            places: watch::Sender::default(),
        }
    }

    /// Where members lie, as they become known.
    pub(super) fn places(&self) -> watch::Receiver<Arc<Places>> {
        self.places.subscribe()
    }

    /// The driver has taken [`Connected`].
    pub(super) fn handle_connected(&mut self, to: SocketAddr) {
        self.connecting.remove(&to);
    }

    /// Makes a connection to a new member before anything has to wait for it, answers to its probes above all. Not all who hear of it at the
    /// same time do so at the same time. Those to the process that was there before a restart are dead, and what was sent on them would be
    /// lost until they time out.
    fn connect(&self, to: SocketAddr, restarted: bool) {
        if restarted {
            self.link.forget(to);
        }
        let Some(peer) = self.book.peer(to).filter(|peer| !self.link.is_up(peer)) else { return };
        let Ok(permit) = Arc::clone(&self.connects).try_acquire_owned() else { return };
        let link = self.link.clone();
        tokio::spawn(async move {
            tokio::time::sleep(CONNECT_SPREAD.mul_f64(rand::random())).await;
            if let Err(error) = link.connect(&peer, PACKET_TIME).await {
                tracing::debug!(%to, %error, "no connection to a new WAN member");
            }
            drop(permit);
        });
    }

    /// We have moved if somebody has answered a probe: once per probe, at the most.
    fn tell_places(&mut self, core: &Members) {
        let here = core.coordinate();
        if std::mem::replace(&mut self.here, here) == here {
            return;
        }
        let others = core.members().filter_map(|member| Some((member.name.clone(), core.coordinate_of(member)?)));
        let places: Places = others.chain([(core.me().name.clone(), here)]).collect();
        self.places.send_replace(Arc::new(places));
    }
}

impl gossip::Carrier for Carrier {
    fn packet(&mut self, to: SocketAddr, bytes: Bytes) -> Sent {
        let (Some(peer), Ok(permit)) = (self.book.peer(to), Arc::clone(&self.packets).try_acquire_owned()) else {
            return Sent::Away;
        };
        let (link, counters) = (self.link.clone(), Arc::clone(&self.counters));
        let first = !link.is_up(&peer) && self.connecting.insert(to);
        let connected = first.then(|| self.connected.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let sent = link.datagram(&peer, bytes, PACKET_TIME).await;
            match &sent {
                Ok(()) => count(&counters.datagrams_out),
                Err(error) => tracing::trace!(%to, %error, "gossip packet not sent"),
            }
            if let Some(connected) = connected {
                // Fails only when the driver is gone.
                let _gone = connected.send(Connected { to, made: sent.is_ok() }).await;
            }
        });
        if first { Sent::Connecting } else { Sent::Away }
    }

    fn call(&mut self, call: Call) -> impl Future<Output = Result<Bytes, String>> + Send + 'static {
        let (link, peer) = (self.link.clone(), self.book.peer(call.to));
        async move {
            let peer = peer.ok_or_else(|| format!("nobody knows which datacenter is at {}", call.to))?;
            link.gossip_stream(&peer, call.bytes, call.within).await.map_err(|error| error.to_string())
        }
    }

    fn event(&mut self, event: Event) {
        if let Event::Joined(member) | Event::Updated(member) = event
            && member.addr != self.ours
        {
            let restarted = self.runs.handle_member(&member);
            self.news.push((member.addr, restarted));
        }
    }

    /// Nobody fires any between datacenters: events are a datacenter's own.
    fn user_event(&mut self, _: Arc<UserEvent>) {}

    /// The pool has no keyring of its own: its links are TLS.
    fn keyring_changed(&mut self) {}

    fn settled(&mut self, core: &Members, list: Option<&Arc<[Member]>>) {
        self.tell_places(core);
        let Some(list) = list else { return };
        self.book.handle_members(list);
        self.runs.keep(list);
        // The book knows them now.
        for (addr, restarted) in std::mem::take(&mut self.news) {
            self.connect(addr, restarted);
        }
    }
}
