//! Following the announcements of the gateways of other datacenters: a task per gateway that asks again and again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ca::spiffe::DcName;
use members::{Member, Status};
use prost::Message;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use wire::wan::Head;

use super::message::{Announcement, Ask, BadAnnouncement};
use crate::backoff::Backoff;
use crate::counters::{Counters, count};
use crate::federation::Federation;
use crate::relay::evidence_of;
use crate::wan::WanHandle;

/// How long the other side waits for a change before it answers that there is none.
const WAIT: Duration = Duration::from_secs(50);

/// How much longer than that an answer may take.
const GRACE: Duration = Duration::from_secs(10);

/// Most gateways followed.
const MOST: usize = 4096;

/// What all followers share.
#[derive(Clone)]
pub(crate) struct Following {
    pub(crate) here: String,
    pub(crate) link: link::Handle,
    pub(crate) federation: Arc<Federation>,
    pub(crate) wan: WanHandle,
    pub(crate) counters: Arc<Counters>,
}

/// The gateway of another datacenter that a member says it is; `None` for others and for who says nonsense.
pub(crate) fn gateway_of(member: &Member) -> Option<DcName> {
    let dc: DcName = member.tags.get("dc")?.parse().ok()?;
    let is_gateway = member.tags.get("role").is_some_and(|role| role == "gateway");
    let named = member.name.strip_suffix(dc.as_str()).is_some_and(|node| node.len() > 1 && node.ends_with('.'));
    (is_gateway && named).then_some(dc)
}

impl Following {
    /// Keeps a follower for each gateway in `members` until `stop`.
    pub(crate) async fn run(self, mut members: watch::Receiver<Arc<[Member]>>, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        let mut followed: BTreeMap<String, (Member, DropGuard)> = BTreeMap::new();
        loop {
            let list = members.borrow_and_update().clone();
            self.federation.handle_members(list.clone());
            followed.retain(|name, (member, _)| {
                let stays = list.iter().any(|now| now.name == *name && is_followed(now) && is_same(now, member));
                if !stays {
                    self.link.forget(member.addr);
                }
                stays
            });
            for member in list.iter().filter(|member| is_followed(member)) {
                let Some(dc) = gateway_of(member).filter(|dc| dc.as_str() != self.here) else { continue };
                if followed.len() >= MOST || followed.contains_key(&member.name) {
                    continue;
                }
                let token = stop.child_token();
                let follower = self.clone().follow(member.clone(), dc, members.clone());
                let until = token.clone();
                tasks.spawn(async move { until.run_until_cancelled_owned(follower).await });
                followed.insert(member.name.clone(), (member.clone(), token.drop_guard()));
            }
            while tasks.try_join_next().is_some() {}
            match stop.run_until_cancelled(members.changed()).await {
                Some(Ok(())) => {}
                Some(Err(_)) | None => return,
            }
        }
    }

    async fn follow(self, member: Member, dc: DcName, members: watch::Receiver<Arc<[Member]>>) {
        let peer = link::Peer::new(member.addr, dc.as_str());
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        let mut version = 0;
        // Until it answers, and after it failed to, it is asked for no more than a sign of life.
        let mut question = ASK_AT_ONCE;
        loop {
            let began = Instant::now();
            match self.ask(&peer, version, question).await {
                Ok(announcement) => {
                    backoff.reset();
                    count(&self.counters.announcements);
                    version = announcement.version;
                    if let Err(error) = self.federation.handle_announcement(&member, dc.as_str(), announcement) {
                        tracing::warn!(gateway = member.name, %error, "announcement refused");
                        tokio::time::sleep(WAIT).await;
                    }
                    if question == ASK_AT_ONCE {
                        self.federation.handle_sign_of_life(&member, dc.as_str(), Ok(began.elapsed()));
                    }
                    question = ASK_FOR_CHANGES;
                    self.rejoin(&member, &members).await;
                }
                Err(error) => {
                    tracing::debug!(gateway = member.name, %error, "gateway does not announce its servers");
                    version = 0;
                    question = ASK_AT_ONCE;
                    if let FollowError::Link(error) = &error
                        && let Some(failure) = evidence_of(error)
                    {
                        self.federation.handle_sign_of_life(&member, dc.as_str(), Err(failure));
                    }
                    tokio::time::sleep(backoff.next(rand::random())).await;
                }
            }
        }
    }

    /// Gossip may not have noticed yet that a failed gateway is back: the answer proves it.
    async fn rejoin(&self, member: &Member, members: &watch::Receiver<Arc<[Member]>>) {
        let failed = members.borrow().iter().any(|now| now.name == member.name && now.status == Status::Failed);
        if failed && let Err(error) = self.wan.join(member.addr).await {
            tracing::debug!(gateway = member.name, error, "cannot rejoin");
        }
    }

    async fn ask(&self, peer: &link::Peer, version: u64, Question { wait, within }: Question) -> Result<Announcement, FollowError> {
        let ask = Ask { version, wait_ms: wait.as_millis().try_into().unwrap_or(u64::MAX) };
        let head = Head { ttl: 1, relay: String::new(), age_ms: 0, head: Bytes::new() };
        let answer = self.link.call(peer, head.to_bytes(), ask.encode_to_vec().into(), within).await;
        Ok(Announcement::from_bytes(answer?.1)?)
    }
}

/// How long the other side may wait for news, and how long we wait for it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Question {
    wait: Duration,
    within: Duration,
}

const ASK_FOR_CHANGES: Question = Question { wait: WAIT, within: WAIT.saturating_add(GRACE) };

/// Five of these in a row with their pauses are evidence against a datacenter, within the published bound of its withdrawal.
const ASK_AT_ONCE: Question = Question { wait: Duration::ZERO, within: Duration::from_secs(2) };

#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error(transparent)]
    Link(#[from] link::LinkError),
    #[error(transparent)]
    Bad(#[from] BadAnnouncement),
}

/// A failed one too: its first answer shows that it is back.
fn is_followed(member: &Member) -> bool {
    member.status != Status::Left
}

fn is_same(now: &Member, followed: &Member) -> bool {
    now.addr == followed.addr && now.tags.get("dc") == followed.tags.get("dc")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_gateways_named_after_their_datacenter_are_followed() {
        let member = |name: &str, role: &str, dc: &str| Member {
            name: name.to_owned(),
            addr: ([10, 0, 0, 1], 8302).into(),
            status: Status::Alive,
            generation: 1,
            tags: [("role", role), ("dc", dc)].map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            spki: Bytes::new(),
            since: Duration::ZERO,
        };
        assert_eq!(gateway_of(&member("gw.dc2", "gateway", "dc2")).unwrap().as_str(), "dc2");
        for (name, role, dc) in [
            ("gw.dc2", "gateway", "dc1"),
            ("gw.dc2", "consul", "dc2"),
            (".dc2", "gateway", "dc2"),
            ("gwdc2", "gateway", "dc2"),
            ("gw.DC2", "gateway", "DC2"),
        ] {
            assert_eq!(gateway_of(&member(name, role, dc)), None, "{name} {role} {dc}");
        }
    }
}
