//! How many connections there are, in all and from each client.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The connections that are open.
pub(crate) struct Connections {
    open: Mutex<Open>,
    most: usize,
    most_per_client: usize,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_client: HashMap<IpAddr, usize>,
}

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There are as many as there may be.
    Full,
    /// This client has as many as it may.
    Client,
}

/// An open connection; dropping it makes room.
pub(crate) struct Connection {
    client: Option<IpAddr>,
    connections: Arc<Connections>,
}

impl Connections {
    pub(crate) fn new(most: usize, most_per_client: usize) -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), most, most_per_client })
    }

    pub(crate) fn open(self: &Arc<Self>, client: Option<IpAddr>) -> Result<Connection, Refusal> {
        let mut open = self.open.lock();
        if open.all >= self.most {
            return Err(Refusal::Full);
        }
        if let Some(client) = client {
            let count = open.by_client.entry(client).or_default();
            if *count >= self.most_per_client {
                return Err(Refusal::Client);
            }
            *count += 1;
        }
        open.all += 1;
        Ok(Connection { client, connections: Arc::clone(self) })
    }

    pub(crate) fn count(&self) -> usize {
        self.open.lock().all
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock();
        open.all -= 1;
        if let Some(client) = self.client
            && let Some(count) = open.by_client.get_mut(&client)
        {
            *count -= 1;
            if *count == 0 {
                open.by_client.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn clients_and_all_are_bounded_and_make_room() {
        let connections = Connections::new(3, 2);
        let (a, b): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "127.0.0.2".parse().unwrap());
        let first = connections.open(Some(a)).ok().unwrap();
        let _second = connections.open(Some(a)).ok().unwrap();
        assert_eq!(connections.open(Some(a)).err(), Some(Refusal::Client));
        let _third = connections.open(Some(b)).ok().unwrap();
        assert_eq!(connections.open(Some(b)).err(), Some(Refusal::Full));
        drop(first);
        assert!(connections.open(Some(a)).is_ok());
        assert_eq!(connections.count(), 2);
    }
}
