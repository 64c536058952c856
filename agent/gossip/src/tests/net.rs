//! A network without sockets, and a driver for it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use members::{Config, Contact, Event, Keyring, Me, Member, Members, Purpose, UserEvent};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::{Call, Carrier, Handle, Pool, Sent};

/// More than the tests put into any.
const QUEUE: usize = 1024;

/// What reaches a member.
enum Arrival {
    Packet(Bytes),
    Request(Bytes, oneshot::Sender<Bytes>),
    Connected(SocketAddr),
}

/// What everyone shares.
#[derive(Clone, Default)]
pub(super) struct Net(Arc<std::sync::Mutex<State>>);

#[derive(Default)]
struct State {
    members: BTreeMap<SocketAddr, mpsc::Sender<Arrival>>,
    /// Whoever is called there waits for ever.
    silent: BTreeSet<SocketAddr>,
    /// Whose packets wait so long for a connection that has to be made first; then no probe gets through on a stream.
    handshake: Option<(SocketAddr, Duration)>,
}

impl Net {
    pub(super) fn silence(&self, addr: SocketAddr, silent: bool) {
        let mut state = self.0.lock().unwrap();
        if silent {
            state.silent.insert(addr)
        } else {
            state.silent.remove(&addr)
        };
    }

    pub(super) fn needs_connections(&self, from: SocketAddr, handshake: Duration) {
        self.0.lock().unwrap().handshake = Some((from, handshake));
    }

    fn handshake(&self, from: SocketAddr) -> Duration {
        let slow = self.0.lock().unwrap().handshake.filter(|(slow, _)| *slow == from);
        slow.map_or(Duration::ZERO, |(_, handshake)| handshake)
    }

    fn is_silent(&self, call: &Call) -> bool {
        let state = self.0.lock().unwrap();
        state.silent.contains(&call.to) || (call.purpose == Purpose::Probe && state.handshake.is_some())
    }

    fn to(&self, addr: SocketAddr) -> Option<mpsc::Sender<Arrival>> {
        let state = self.0.lock().unwrap();
        state.members.get(&addr).filter(|to| !to.is_closed()).cloned()
    }
}

pub(super) struct Loopback {
    net: Net,
    ours: SocketAddr,
    own: mpsc::Sender<Arrival>,
    pub(super) handle: Handle,
    /// Since when.
    connected: BTreeMap<SocketAddr, Instant>,
    pub(super) told: mpsc::Sender<Told>,
}

/// What a carrier was told.
#[derive(Debug)]
pub(super) enum Told {
    Event(Box<Event>),
    UserEvent(Arc<UserEvent>),
    KeyringChanged,
    /// A new list, and how many members handles showed at that time.
    List(Arc<[Member]>, usize),
}

impl Carrier for Loopback {
    fn packet(&mut self, to: SocketAddr, bytes: Bytes) -> Sent {
        let Some(there) = self.net.to(to) else { return Sent::Away };
        let handshake = self.net.handshake(self.ours);
        let first = !self.connected.contains_key(&to);
        let made = *self.connected.entry(to).or_insert_with(|| Instant::now() + handshake);
        let own = self.own.clone();
        tokio::spawn(async move {
            tokio::time::sleep_until(made).await;
            let _gone = there.send(Arrival::Packet(bytes)).await;
            if first {
                let _gone = own.send(Arrival::Connected(to)).await;
            }
        });
        if first { Sent::Connecting } else { Sent::Away }
    }

    fn call(&mut self, call: Call) -> impl Future<Output = Result<Bytes, String>> + Send + 'static {
        let (there, silent) = (self.net.to(call.to), self.net.is_silent(&call));
        async move {
            let called = async {
                if silent {
                    return std::future::pending().await;
                }
                let Some(there) = there else {
                    call.tell(Contact::Refused).await;
                    return Err(format!("nobody at {}", call.to));
                };
                call.tell(Contact::Open).await;
                let (reply, answer) = oneshot::channel();
                let _gone = there.send(Arrival::Request(call.bytes.clone(), reply)).await;
                answer.await.map_err(|_| "hung up".to_owned())
            };
            tokio::time::timeout(call.within, called).await.unwrap_or_else(|_| Err(format!("no answer within {:?}", call.within)))
        }
    }

    fn event(&mut self, event: Event) {
        let _nobody = self.told.try_send(Told::Event(Box::new(event)));
    }

    fn user_event(&mut self, event: Arc<UserEvent>) {
        let _nobody = self.told.try_send(Told::UserEvent(event));
    }

    fn keyring_changed(&mut self) {
        let _nobody = self.told.try_send(Told::KeyringChanged);
    }

    fn settled(&mut self, _: &Members, list: Option<&Arc<[Member]>>) {
        if let Some(list) = list {
            let _nobody = self.told.try_send(Told::List(Arc::clone(list), self.handle.members().borrow().len()));
        }
    }
}

pub(super) struct Node {
    pub(super) addr: SocketAddr,
    pub(super) handle: Handle,
    pub(super) told: mpsc::Receiver<Told>,
    pub(super) task: JoinHandle<()>,
}

pub(super) fn addr(n: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, n], 1))
}

pub(super) fn me(n: u8) -> Me {
    Me { name: format!("n{n}"), addr: addr(n), generation: 1, tags: BTreeMap::new(), spki: Bytes::new() }
}

/// A pool that nobody drives yet.
pub(super) fn idle(net: &Net, n: u8, keyring: Keyring) -> (Pool, Loopback, mpsc::Receiver<Told>) {
    let (pool, handle) = Pool::new(Config::lan(), me(n), keyring).unwrap();
    let (told_tx, told) = mpsc::channel(QUEUE);
    // Replaced where it is driven.
    let (own, _) = mpsc::channel(QUEUE);
    (pool, Loopback { net: net.clone(), ours: addr(n), own, handle, connected: BTreeMap::new(), told: told_tx }, told)
}

pub(super) fn start(net: &Net, n: u8) -> Node {
    let (mut pool, mut carrier, told) = idle(net, n, Keyring::default());
    let (own, mut arrivals) = mpsc::channel(QUEUE);
    net.0.lock().unwrap().members.insert(addr(n), own.clone());
    carrier.own = own;
    let handle = carrier.handle.clone();
    let task = tokio::spawn(async move {
        pool.start(&mut carrier);
        loop {
            tokio::select! {
                biased;
                turn = pool.turn() => pool.take(turn, &mut carrier),
                Some(arrival) = arrivals.recv() => on_arrival(&mut pool, &mut carrier, arrival),
            }
        }
    });
    Node { addr: addr(n), handle, told, task }
}

fn on_arrival(pool: &mut Pool, carrier: &mut Loopback, arrival: Arrival) {
    match arrival {
        Arrival::Packet(bytes) => pool.feed(carrier, |core, now| core.handle_packet(now, &bytes)).unwrap(),
        Arrival::Request(bytes, reply) => {
            if let Ok(bytes) = pool.feed(carrier, |core, now| core.handle_stream(now, &bytes)) {
                let _gone = reply.send(bytes);
            }
        }
        Arrival::Connected(to) => pool.feed(carrier, |core, now| core.handle_connected(now, to, true)),
    }
}

impl Node {
    /// Waits until the member list satisfies `condition`; returns how long that took.
    pub(super) async fn until(&self, condition: impl FnMut(&Arc<[Member]>) -> bool) -> Duration {
        let (began, mut list) = (Instant::now(), self.handle.members());
        tokio::time::timeout(Duration::from_secs(60), list.wait_for(condition)).await.expect("in time").expect("running");
        began.elapsed()
    }
}
