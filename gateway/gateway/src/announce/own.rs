//! The servers of our own datacenter, as we announce them.

use std::time::Duration;

use api::federation::RemoteServer;
use bytes::Bytes;
use members::{Member, Status};
use node::{Kind, Tags};
use prost::Message;
use tokio::sync::watch;

use super::message::{AnnouncedServer, Announcement, Ask};

/// Longest wait for a change, whatever is asked for.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Our announcement; a new one after each change of the LAN pool that others shall know of.
pub(crate) struct Own {
    current: watch::Sender<Announcement>,
}

impl Own {
    /// `first` makes the versions of this run other than those of the one before.
    pub(crate) fn new(first: u64) -> Self {
        // Half the range up, so that counting never reaches 0, which means "none".
        Self { current: watch::Sender::new(Announcement { version: first >> 1 | 1, servers: Vec::new() }) }
    }

    /// Takes a new list of LAN members.
    pub(crate) fn handle_members(&self, members: &[Member]) {
        let servers: Vec<AnnouncedServer> = members.iter().filter_map(announced).collect();
        self.current.send_if_modified(|current| {
            if current.servers == servers {
                return false;
            }
            *current = Announcement { version: current.version + 1, servers };
            true
        });
    }

    /// Waits for a list that the asker has not, or for as long as he wants to.
    pub(crate) async fn answer(&self, ask: &Ask) -> Bytes {
        let wait = Duration::from_millis(ask.wait_ms).min(LONGEST_WAIT);
        let mut current = self.current.subscribe();
        let newer = current.wait_for(|current| current.version != ask.version);
        // Both an end of the time and of this gateway are answered with what there is.
        let _ = tokio::time::timeout(wait, newer).await;
        let announcement = current.borrow().clone();
        announcement.encode_to_vec().into()
    }
}

fn announced(member: &Member) -> Option<AnnouncedServer> {
    let tags = Tags::of(member);
    if tags.kind != Kind::Server || member.status == Status::Left {
        return None;
    }
    let rpc = tags.rpc_addr(member)?.to_string();
    let listed = RemoteServer {
        name: member.name.clone(),
        address: member.addr.to_string(),
        alive: member.status == Status::Alive,
        tags: member.tags.clone(),
    };
    Some(AnnouncedServer { listed: Some(listed), rpc })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn server(name: &str, status: Status) -> Member {
        let tags = [("role", "consul"), ("port", "8300")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        Member {
            name: name.to_owned(),
            addr: ([10, 0, 0, 1], 8301).into(),
            status,
            generation: 1,
            tags: BTreeMap::from(tags),
            spki: Bytes::new(),
            since: Duration::ZERO,
        }
    }

    async fn ask(own: &Own, version: u64) -> Announcement {
        let answer = own.answer(&Ask { version, wait_ms: 600_000 }).await;
        Announcement::from_bytes(answer).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_asker_waits_for_news_and_no_longer_than_it_takes() {
        let own = Arc::new(Own::new(u64::MAX));
        own.handle_members(&[server("a", Status::Alive)]);
        let first = ask(&own, 0).await;
        assert_eq!((first.servers.len(), &*first.servers[0].rpc), (1, "10.0.0.1:8300"));
        let waiting = tokio::spawn({
            let own = Arc::clone(&own);
            async move { ask(&own, first.version).await }
        });
        own.handle_members(&[server("a", Status::Alive), server("gone", Status::Left)]);
        own.handle_members(&[server("a", Status::Failed)]);
        let second = waiting.await.unwrap();
        assert!(second.version != first.version && !second.servers[0].listed.as_ref().unwrap().alive);
        assert_eq!(ask(&own, second.version).await, second, "in the end it says so");
    }
}
