//! How many connections there are, in all and from each client.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The connections that are open.
#[derive(Default)]
pub(crate) struct Connections(Mutex<Open>);

/// How many there may be.
#[derive(Clone, Copy)]
pub(crate) struct Most {
    pub(crate) in_all: usize,
    pub(crate) per_client: usize,
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
    /// Takes one of `client`, if there may be another.
    pub(crate) fn open(self: &Arc<Self>, client: Option<IpAddr>, most: Most) -> Result<Connection, Refusal> {
        let mut open = self.0.lock();
        if open.all >= most.in_all {
            return Err(Refusal::Full);
        }
        if let Some(client) = client {
            let count = open.by_client.entry(client).or_default();
            if *count >= most.per_client {
                return Err(Refusal::Client);
            }
            *count += 1;
        }
        open.all += 1;
        Ok(Connection { client, connections: Arc::clone(self) })
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().all
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut open = self.connections.0.lock();
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
        let connections = Arc::new(Connections::default());
        let most = Most { in_all: 3, per_client: 2 };
        let (a, b): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "127.0.0.2".parse().unwrap());
        let first = connections.open(Some(a), most).ok().unwrap();
        let _second = connections.open(Some(a), most).ok().unwrap();
        assert_eq!(connections.open(Some(a), most).err(), Some(Refusal::Client));
        let _third = connections.open(Some(b), most).ok().unwrap();
        assert_eq!(connections.open(Some(b), most).err(), Some(Refusal::Full));
        assert!(connections.open(Some(b), Most { in_all: 4, ..most }).is_ok(), "as many as there may be by now");
        drop(first);
        assert!(connections.open(Some(a), most).is_ok());
        assert_eq!(connections.count(), 2);
    }
}
