//! Which datacenter is at which address: a link demands it of whom it dials.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use members::Member;
use parking_lot::RwLock;

use crate::announce::gateway_of;

/// Most addresses remembered beside those of members.
const MOST: usize = 1024;

/// Addresses of gateways. A wrong entry leads to a failed handshake and no further.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<RwLock<Entries>>);

#[derive(Default)]
struct Entries {
    listed: HashMap<SocketAddr, Arc<str>>,
    learned: HashMap<SocketAddr, Arc<str>>,
}

impl Book {
    /// Takes a new list of members.
    pub(crate) fn handle_members(&self, members: &[Member]) {
        let listed = members.iter().filter_map(|member| Some((member.addr, gateway_of(member)?.as_str().into())));
        self.0.write().listed = listed.collect();
    }

    /// A gateway of `dc` was met at `addr`, before gossip told of it.
    pub(crate) fn learn(&self, addr: SocketAddr, dc: &str) {
        let known = |entries: &Entries| entries.learned.get(&addr).is_some_and(|known| **known == *dc);
        if known(&self.0.read()) {
            return;
        }
        let mut entries = self.0.write();
        if entries.learned.len() >= MOST {
            entries.learned.clear();
        }
        entries.learned.insert(addr, dc.into());
    }

    /// Whom to dial at `addr`, if that is known.
    pub(crate) fn peer(&self, addr: SocketAddr) -> Option<link::Peer> {
        let entries = self.0.read();
        let name = entries.listed.get(&addr).or_else(|| entries.learned.get(&addr))?;
        Some(link::Peer { addr, name: Arc::clone(name) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_learned_is_bounded() {
        let book = Book::default();
        for n in 0..3000_u32 {
            book.learn(SocketAddr::from((n.to_be_bytes(), 1)), "dc2");
        }
        assert!(book.0.read().learned.len() <= MOST);
        assert_eq!(&*book.peer(SocketAddr::from((2999_u32.to_be_bytes(), 1))).unwrap().name, "dc2");
        assert!(book.peer(SocketAddr::from((2999_u32.to_be_bytes(), 2))).is_none());
    }
}
