//! How many requests the desk answers at once, by what they wait for.

use api::{Call, Code, Error, Local, Op};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests that wait for nobody.
const AT_ONCE: usize = 256;
/// Requests that wait for the catalog, or for other members. Without servers in reach each takes seconds; the others must not feel that.
const WAITING: usize = 1024;
/// Requests that wait for a service to change, or for an event.
const WATCHING: usize = 1024;
/// Prepared queries being executed: many clients ask, and wait for other datacenters.
const QUERIES: usize = 4096;

/// The places there are.
pub(crate) struct Places {
    at_once: Room,
    waiting: Room,
    watching: Room,
    queries: Room,
}

struct Room {
    places: Arc<Semaphore>,
    size: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self { at_once: Room::new(AT_ONCE), waiting: Room::new(WAITING), watching: Room::new(WATCHING), queries: Room::new(QUERIES) }
    }
}

impl Places {
    /// A place for `call`; dropping it gives it back.
    ///
    /// # Errors
    /// [`Code::Busy`] when all are taken.
    pub(crate) fn take(&self, call: &Call) -> Result<OwnedSemaphorePermit, Error> {
        let room = self.room(call);
        let taken = Arc::clone(&room.places).try_acquire_owned();
        taken.map_err(|_| Error::new(Code::Busy, format!("more than {} requests of this kind are with the agent", room.size)))
    }

    fn room(&self, call: &Call) -> &Room {
        let Op::Local(op) = &*call.op else { return &self.at_once };
        match op {
            Local::QueryExecute(_) | Local::QueryServe(_) => &self.queries,
            Local::AgentService(op) if !op.hash.is_empty() => &self.watching,
            Local::EventList(_) if call.wait.is_some() => &self.watching,
            Local::AgentServices(_)
            | Local::AgentService(_)
            | Local::AgentChecks(_)
            | Local::AgentCheckUpdate(_)
            | Local::AgentHealthById(_)
            | Local::AgentHealthByName(_)
            | Local::AgentSelf(_)
            | Local::AgentMembers(_)
            | Local::AgentMetrics(_)
            | Local::AgentMonitor(_)
            | Local::AgentVersion(_)
            | Local::AgentHost(_)
            | Local::EventFire(_)
            | Local::EventList(_) => &self.at_once,
            _ => &self.waiting,
        }
    }
}

impl Room {
    fn new(size: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(size)), size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Wait;
    use api::agent::{RegisterService, Service, UpdateCheck};
    use api::event::List;
    use std::time::Duration;

    fn taken(places: &Places, call: &Call) -> Vec<OwnedSemaphorePermit> {
        std::iter::from_fn(|| places.take(call).ok()).collect()
    }

    #[test]
    fn those_who_wait_leave_room_for_those_who_do_not() {
        let places = Places::default();
        let wait = Some(Wait { index: 1, limit: Duration::from_secs(1) });
        let waiting =
            [Call::new(RegisterService::default()), Call { wait, ..Call::new(List::default()) }, Call::new(api::query::Execute::default())];
        let held: Vec<_> = waiting.iter().map(|call| taken(&places, call)).collect();
        assert_eq!(held.iter().map(Vec::len).collect::<Vec<_>>(), [WAITING, WATCHING, QUERIES]);
        assert!(places.take(&Call::new(Service { hash: "1".into(), ..Service::default() })).is_err(), "it watches");
        let health = Call::new(UpdateCheck::default());
        let quick = taken(&places, &health);
        assert_eq!(quick.len(), AT_ONCE);
        assert_eq!(places.take(&health).map_err(|error| error.kind()).err(), Some(Code::Busy));
        drop(quick);
        assert!(places.take(&health).is_ok(), "a place is given back");
    }
}
