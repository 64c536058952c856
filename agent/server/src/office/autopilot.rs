//! How the servers fare: what the autopilot of Consul reports, from gossip and replication.

use super::{Office, clock};
use api::operator::{Autopilot, ServerHealth, ServersHealth};
use consensus::{Follower, Member as RaftMember, Membership, RaftId};
use members::{Member, Status};
use node::Tags;
use std::time::Duration;

impl Office {
    /// Only the leader knows how far the others are; these operations are routed there.
    pub(super) fn servers_health(&self) -> ServersHealth {
        let status = self.consensus.status().borrow().clone();
        let (membership, pool) = (self.consensus.membership(), self.lan.members().borrow().clone());
        let look = Look {
            me: self.consensus.me().id,
            membership: &membership,
            pool: &pool,
            followers: &self.consensus.followers(),
            term: status.term,
            last_log: status.last_log,
            autopilot: &self.waist.store().snapshot().autopilot(),
            heartbeat: HEARTBEAT * self.settings.raft_multiplier,
            started: clock::now().saturating_sub(self.started.elapsed()),
        };
        look.health()
    }
}

/// How often the leader is heard when there is nothing to replicate, before `raft_multiplier` stretches it.
const HEARTBEAT: Duration = Duration::from_millis(100);

/// What the report is made from.
struct Look<'a> {
    /// The leader.
    me: RaftId,
    membership: &'a Membership,
    pool: &'a [Member],
    followers: &'a [Follower],
    term: u64,
    last_log: u64,
    autopilot: &'a Autopilot,
    /// How often the leader is heard at the least.
    heartbeat: Duration,
    /// When this process began, since 1970: [`Member::since`] counts from there.
    started: Duration,
}

impl Look<'_> {
    fn health(&self) -> ServersHealth {
        let voters = self.membership.voters.iter().map(|member| self.server(member, true));
        let learners = self.membership.learners.iter().map(|member| self.server(member, false));
        let servers: Vec<ServerHealth> = voters.chain(learners).collect();
        let quorum = self.membership.voters.len() / 2 + 1;
        let healthy_voters = servers.iter().filter(|server| server.voter && server.healthy).count();
        ServersHealth {
            healthy: servers.iter().all(|server| server.healthy),
            failure_tolerance: u32::try_from(healthy_voters.saturating_sub(quorum)).unwrap_or(u32::MAX),
            servers,
        }
    }

    fn server(&self, member: &RaftMember, voter: bool) -> ServerHealth {
        let pooled = self.pool.iter().find(|pooled| Tags::of(pooled).node_id == member.node.node_id);
        let alive = pooled.is_some_and(|pooled| pooled.status == Status::Alive);
        let leader = member.id == self.me;
        let follower = self.followers.iter().find(|follower| follower.id == member.id);
        let (contact, last_index) = match follower {
            _ if leader => (Some(Duration::ZERO), self.last_log),
            Some(follower) => (follower.last_contact, follower.matched),
            None => (None, 0),
        };
        // A threshold below the pace of the heartbeats would call everyone unhealthy now and then.
        let threshold = Duration::from_millis(self.autopilot.last_contact_threshold).max(self.heartbeat * 2);
        let in_touch = contact.is_some_and(|contact| contact <= threshold);
        let near = last_index.saturating_add(self.autopilot.max_trailing_logs) >= self.last_log;
        ServerHealth {
            id: member.node.node_id.clone(),
            name: member.node.name.clone(),
            address: member.node.addr.clone(),
            serf_status: pooled.map_or("none", |pooled| pooled.status.as_str()).to_owned(),
            version: pooled.and_then(version).unwrap_or_default(),
            leader,
            last_contact: contact.map_or(0, |contact| u64::try_from(contact.as_nanos()).unwrap_or(u64::MAX)),
            // Who answers the leader has taken its term.
            last_term: if contact.is_some() { self.term } else { 0 },
            last_index,
            healthy: alive && in_touch && near,
            voter,
            stable_since: clock::rfc3339(pooled.map_or(self.started, |pooled| self.started + pooled.since)),
        }
    }
}

/// The `build` tag is `version:revision`.
fn version(member: &Member) -> Option<String> {
    member.tags.get("build")?.split(':').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use consensus::Node;
    use std::collections::BTreeMap;

    fn pooled(id: &str, status: Status) -> Member {
        Member {
            name: id.to_owned(),
            addr: "127.0.0.1:8301".parse().unwrap(),
            status,
            generation: 1,
            tags: BTreeMap::from([("id".to_owned(), id.to_owned()), ("build".to_owned(), "0.1.0:".to_owned())]),
            spki: bytes::Bytes::new(),
            since: Duration::from_secs(5),
        }
    }

    fn raft(id: u64, name: &str) -> RaftMember {
        RaftMember { id: RaftId(id), node: Node { addr: format!("127.0.0.{id}:8300"), node_id: name.to_owned(), name: name.to_owned() } }
    }

    fn follower(id: u64, matched: u64, contact_ms: Option<u64>) -> Follower {
        Follower { id: RaftId(id), matched, last_contact: contact_ms.map(Duration::from_millis) }
    }

    fn report(pool: &[Member], followers: &[Follower]) -> ServersHealth {
        let membership =
            Membership { voters: vec![raft(1, "a"), raft(2, "b"), raft(3, "c")], learners: Vec::new(), index: 1, changing: false };
        let autopilot = Autopilot { last_contact_threshold: 200, max_trailing_logs: 250, ..Autopilot::default() };
        let (heartbeat, started) = (Duration::from_millis(100), Duration::from_secs(1_000));
        let (membership, autopilot) = (&membership, &autopilot);
        Look { me: RaftId(1), membership, pool, followers, term: 7, last_log: 1000, autopilot, heartbeat, started }.health()
    }

    #[test]
    fn a_quiet_a_lagging_and_a_failed_server_are_each_unhealthy() {
        let all = [pooled("a", Status::Alive), pooled("b", Status::Alive), pooled("c", Status::Alive)];
        let well = report(&all, &[follower(2, 1000, Some(50)), follower(3, 750, Some(200))]);
        assert!(well.healthy);
        assert_eq!(well.failure_tolerance, 1);
        assert_eq!((well.servers[0].leader, well.servers[0].last_index, well.servers[1].last_term), (true, 1000, 7));
        assert_eq!((well.servers[1].stable_since.as_str(), well.servers[1].version.as_str()), ("1970-01-01T00:16:45Z", "0.1.0"));
        let unwell = |pool: &[Member], followers: &[Follower]| {
            let report = report(pool, followers);
            assert!(!report.healthy);
            assert_eq!(report.failure_tolerance, 0);
            report.servers.iter().filter(|server| !server.healthy).map(|server| server.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(unwell(&all, &[follower(2, 1000, Some(201)), follower(3, 1000, Some(1))]), ["b"]);
        assert_eq!(unwell(&all, &[follower(2, 749, Some(1)), follower(3, 1000, Some(1))]), ["b"]);
        assert_eq!(unwell(&all, &[follower(2, 1000, None), follower(3, 1000, Some(1))]), ["b"]);
        assert_eq!(unwell(&all[..2], &[follower(2, 1000, Some(1)), follower(3, 1000, Some(1))]), ["c"]);
        let failed = [pooled("a", Status::Alive), pooled("b", Status::Failed), pooled("c", Status::Alive)];
        assert_eq!(unwell(&failed, &[follower(2, 1000, Some(1)), follower(3, 1000, Some(1))]), ["b"]);
    }
}
