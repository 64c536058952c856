//! A server's sections of `/v1/agent/self`'s `Stats`, as `delian info` prints them.

use super::Office;
use consensus::Role;
use serde_json::{Map, Value, json};
use std::time::Duration;

impl Office {
    pub(super) fn sections(&self) -> Map<String, Value> {
        let status = self.consensus.status().borrow().clone();
        let leader = self.consensus.known_leader().map_or(String::new(), |leader| leader.node.addr);
        let state = match status.role {
            Role::Leader => "Leader",
            Role::Follower => "Follower",
            Role::Candidate => "Candidate",
            Role::Learner => "Learner",
            Role::Stopped => "Shutdown",
        };
        let contact = match self.consensus.last_contact() {
            Some(Duration::ZERO) => "0".to_owned(),
            Some(age) => api::http::duration::format(age),
            None => "never".to_owned(),
        };
        let consul = json!({
            "acl": "disabled", "bootstrap": (self.settings.bootstrap_expect == 1).to_string(),
            "known_datacenters": self.datacenters().datacenters.len().to_string(),
            "leader": (status.role == Role::Leader).to_string(), "leader_addr": leader, "server": "true",
        });
        let raft = json!({
            "applied_index": status.applied.to_string(), "commit_index": status.committed.to_string(),
            "last_contact": contact, "last_log_index": status.last_log.to_string(),
            "last_snapshot_index": status.snapshot.to_string(), "num_peers": status.voters.saturating_sub(1).to_string(),
            "protocol_version": "3", "state": state, "term": status.term.to_string(),
        });
        [("consul", consul), ("raft", raft)].into_iter().map(|(name, section)| (name.to_owned(), section)).collect()
    }
}
