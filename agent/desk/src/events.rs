//! User events at this agent: firing them, and the last of those that concerned it.

mod concern;
mod ring;

use api::event::{Event, Events, Fire, List};
use api::{Error, Wait};
use concern::Concern;
use lan::{FireEventError, LanHandle};
use members::{FireError, UserEvent};
use parking_lot::Mutex;
use prost::Message;
use ring::Ring;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// A service of this agent: its name, its tags.
pub(crate) type Service = (String, Vec<String>);

/// What this agent was told.
pub(crate) struct Heard {
    ring: Mutex<Ring>,
    news: watch::Sender<()>,
}

impl Heard {
    pub(crate) fn new() -> Self {
        Self { ring: Mutex::default(), news: watch::channel(()).0 }
    }

    /// The events of this name, or all; with `wait`, once there is another last one than the caller has seen, or when its time is over.
    pub(crate) async fn list(&self, op: &List, wait: Option<Wait>) -> Events {
        let mut news = self.news.subscribe();
        let began = Instant::now();
        loop {
            news.borrow_and_update();
            let events = self.ring.lock().list(&op.name);
            let Some(wait) = wait.filter(|wait| wait.index == events.index) else { return events };
            if !matches!(timeout_at(began + wait.limit, news.changed()).await, Ok(Ok(()))) {
                return events;
            }
        }
    }

    pub(crate) fn keep(&self, event: Event) {
        self.ring.lock().push(event);
        self.news.send_replace(());
    }
}

/// Fires an event at all agents of the datacenter.
///
/// # Errors
/// When a filter is no regular expression, or all together is too long.
pub(crate) async fn fire(lan: &LanHandle, op: &Fire) -> Result<Event, Error> {
    Concern::of(op)?;
    let body = Fire { name: String::new(), ..op.clone() };
    let fired = lan.fire(op.name.clone(), body.encode_to_vec().into()).await.map_err(|error| match error {
        FireEventError::Fire(error @ FireError::TooLong) => {
            Error::failed(format!("1 error occurred:\n\t* error broadcasting event to segment \"\": {error}\n\n"))
        }
        other => Error::failed(other.to_string()),
    })?;
    Ok(Event { ltime: 0, ..event(&fired, body) })
}

/// What gossip brought, read: an event, and whom it is for. Nothing of one that no agent of ours fires.
pub(crate) fn read(fired: &UserEvent) -> Option<(Event, Concern)> {
    let read = Fire::decode(fired.payload.clone()).map_err(|error| error.to_string());
    let read = read.and_then(|body| Ok((Concern::of(&body).map_err(|error| error.text)?, body)));
    match read {
        Ok((concern, body)) => Some((event(fired, body), concern)),
        Err(error) => {
            tracing::warn!(name = fired.name, error, "user event not taken");
            None
        }
    }
}

fn event(fired: &UserEvent, body: Fire) -> Event {
    Event {
        id: uuid::Uuid::from_u128(fired.id).to_string(),
        name: fired.name.clone(),
        payload: body.payload,
        node_filter: body.node,
        service_filter: body.service,
        tag_filter: body.tag,
        version: 1,
        ltime: fired.ltime,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    fn named(id: u128, name: &str) -> Event {
        let fired = UserEvent { ltime: 1, id, name: name.to_owned(), payload: bytes::Bytes::new() };
        event(&fired, Fire::default())
    }

    #[test]
    fn what_is_no_event_is_not_taken() {
        let fired = |payload: Vec<u8>| UserEvent { ltime: 4, id: 1, name: "deploy".to_owned(), payload: payload.into() };
        let body = Fire { payload: "x".into(), node: "n.*".to_owned(), ..Fire::default() };
        let (event, _) = read(&fired(body.encode_to_vec())).unwrap();
        assert_eq!((&*event.id, event.ltime, &*event.node_filter), ("00000000-0000-0000-0000-000000000001", 4, "n.*"));
        assert!(read(&fired(vec![0xff])).is_none());
        assert!(read(&fired(Fire { node: "(".to_owned(), ..Fire::default() }.encode_to_vec())).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn readers_wait_for_another_last_event() {
        let heard = Heard::new();
        let list = List { name: "a".to_owned() };
        let wait = |index| Some(Wait { index, limit: Duration::from_secs(60) });
        // Without events the index is 1, and whoever has seen that waits.
        let began = Instant::now();
        assert_eq!((heard.list(&list, wait(1)).await.index, began.elapsed()), (1, Duration::from_secs(60)));
        let soon = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            heard.keep(named(7, "b"));
            tokio::time::sleep(Duration::from_secs(1)).await;
            heard.keep(named(9, "a"));
        };
        let began = Instant::now();
        let (events, ()) = tokio::join!(heard.list(&list, wait(1)), soon);
        assert_eq!((events.index, events.events.len(), began.elapsed()), (9, 1, Duration::from_secs(2)));
        // Another index than the newest is answered at once, be it smaller or greater.
        for index in [1, 8, 10] {
            assert_eq!(heard.list(&list, wait(index)).await.index, 9);
        }
        assert_eq!(heard.list(&List::default(), None).await.events.len(), 2);
    }
}
