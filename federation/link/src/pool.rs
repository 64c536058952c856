use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use parking_lot::RwLock;
use quinn::Connection;
use tokio::sync::watch;
use tracing::debug;

use crate::Class;
use crate::DialError;
use crate::NotSent;
use crate::PathStats;
use crate::Peer;
use crate::code;
use crate::dialler::Dialler;
use crate::slot;
use crate::slot::Found;
use crate::slot::Slot;

/// Connections we dialled, one per peer and class, kept until they die.
pub(crate) struct Pool {
    dialler: Dialler,
    slots: RwLock<HashMap<Class, HashMap<Peer, Arc<Slot>>>>,
    max_peers: usize,
}

impl Pool {
    pub(crate) fn new(dialler: Dialler, max_peers: usize) -> Self {
        Self { dialler, slots: RwLock::default(), max_peers }
    }

    /// The connection to a peer, dialled if there is none. Bound the wait yourself; a dial goes on for the next caller.
    pub(crate) async fn connection(&self, to: &Peer, class: Class) -> Result<Connection, NotSent> {
        let slot = self.slot(to, class)?;
        match slot.find(Instant::now()) {
            Found::Up(connection) => Ok(connection),
            Found::Refused(why) => Err(why),
            Found::Dialling(result) => slot::outcome(result).await,
            Found::Dial(report, result) => {
                tokio::spawn(dial(self.dialler.clone(), to.clone(), class, slot, report));
                slot::outcome(result).await
            }
        }
    }

    /// A caller found the connection dead before its watcher did.
    pub(crate) fn handle_lost(&self, to: &Peer, class: Class, connection: &Connection, why: &quinn::ConnectionError) {
        if let Ok(slot) = self.slot(to, class) {
            slot.handle_lost(Instant::now(), connection.stable_id(), why);
        }
    }

    /// Closes and forgets all connections to an address.
    pub(crate) fn forget(&self, addr: SocketAddr) {
        let mut slots = self.slots.write();
        for of_class in slots.values_mut() {
            of_class.retain(|peer, slot| peer.addr != addr || !slot.forget());
        }
    }

    /// Dials every peer that is up anew, and uses the new connection from then on; the old one may end what is under way on it within
    /// `grace`. Where the new dial fails the old connection stays.
    pub(crate) async fn renew(&self, grace: Duration) {
        let up: Vec<(Class, Peer)> = {
            let slots = self.slots.read();
            let all = slots.iter().flat_map(|(class, of_class)| of_class.iter().map(|(peer, slot)| (*class, peer, slot)));
            all.filter(|(_, _, slot)| !slot.is_down()).map(|(class, peer, _)| (class, peer.clone())).collect()
        };
        for (class, peer) in up {
            let fresh = Arc::new(Slot::new(Instant::now()));
            let Found::Dial(report, result) = fresh.find(Instant::now()) else { continue };
            tokio::spawn(dial(self.dialler.clone(), peer.clone(), class, Arc::clone(&fresh), report));
            if slot::outcome(result).await.is_err() {
                fresh.forget();
                continue;
            }
            let old = match self.slots.write().get_mut(&class) {
                Some(of_class) if of_class.contains_key(&peer) => of_class.insert(peer, fresh),
                // It was forgotten meanwhile.
                _ => Some(fresh),
            };
            if let Some(old) = old {
                tokio::spawn(async move {
                    tokio::time::sleep(grace).await;
                    old.forget();
                });
            }
        }
    }

    pub(crate) fn is_up(&self, to: &Peer, class: Class) -> bool {
        self.slots.read().get(&class).and_then(|of_class| of_class.get(to)).is_some_and(|slot| slot.is_up())
    }

    pub(crate) fn paths(&self) -> Vec<PathStats> {
        let now = Instant::now();
        let slots = self.slots.read();
        let all = slots.iter().flat_map(|(class, of_class)| of_class.iter().map(|(peer, slot)| (*class, peer, slot)));
        let mut paths: Vec<PathStats> = all
            .map(|(class, peer, slot)| {
                let (state, since) = slot.path(now);
                PathStats { peer: peer.clone(), class, state, since }
            })
            .collect();
        paths.sort_by(|a, b| (&a.peer, a.class).cmp(&(&b.peer, b.class)));
        paths
    }

    fn slot(&self, to: &Peer, class: Class) -> Result<Arc<Slot>, NotSent> {
        if let Some(slot) = self.slots.read().get(&class).and_then(|of_class| of_class.get(to)) {
            return Ok(slot.clone());
        }
        let mut slots = self.slots.write();
        let of_class = slots.entry(class).or_default();
        if of_class.len() >= self.max_peers && !of_class.contains_key(to) {
            of_class.retain(|_, slot| !(slot.is_down() && slot.forget()));
            if of_class.len() >= self.max_peers {
                return Err(NotSent::TooManyPeers(self.max_peers));
            }
        }
        Ok(of_class.entry(to.clone()).or_insert_with(|| Arc::new(Slot::new(Instant::now()))).clone())
    }
}

/// Dials, reports, and then watches the connection until it ends or the peer is forgotten.
async fn dial(dialler: Dialler, to: Peer, class: Class, slot: Arc<Slot>, report: watch::Sender<Option<Result<Connection, DialError>>>) {
    let result = tokio::select! {
        biased;
        () = slot.forgotten() => return,
        result = dialler.dial(&to, class) => result,
    };
    slot.handle_dialled(Instant::now(), &result, rand::random());
    let _ = report.send(Some(result.clone()));
    let connection = match result {
        Ok(connection) => connection,
        Err(error) => return debug!(peer = %to.addr, %error, "dial failed"),
    };
    let why = tokio::select! {
        biased;
        () = slot.forgotten() => return connection.close(code::DONE, b""),
        why = connection.closed() => why,
    };
    slot.handle_lost(Instant::now(), connection.stable_id(), &why);
    debug!(peer = %to.addr, reason = %why, "connection ended");
}
