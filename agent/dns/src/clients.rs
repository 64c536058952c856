//! How many connections each client has.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The clients that are connected.
#[derive(Default)]
pub(crate) struct Clients(Mutex<HashMap<IpAddr, usize>>);

/// A connection of one; dropping it makes room.
pub(crate) struct Connected {
    client: IpAddr,
    clients: Arc<Clients>,
}

impl Clients {
    /// Counts a connection of `client`, unless it has `most` by now.
    pub(crate) fn connect(self: &Arc<Self>, client: IpAddr, most: usize) -> Option<Connected> {
        let mut counts = self.0.lock();
        let count = counts.get(&client).copied().unwrap_or(0);
        if count >= most {
            return None;
        }
        counts.insert(client, count + 1);
        Some(Connected { client, clients: Arc::clone(self) })
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut counts = self.clients.0.lock();
        match counts.get_mut(&self.client) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.client)),
        }
    }
}
