//! `/v1/agent/self` and `/v1/agent/version`.

use super::Desk;
use consensus::Role;
use members::Status;
use serde_json::{Value, json};

/// This build.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn version() -> Value {
    json!({ "SHA": "", "BuildDate": "1970-01-01T00:00:01Z", "HumanVersion": VERSION, "FIPS": "" })
}

impl Desk {
    pub(super) fn self_document(&self) -> Value {
        let pool = self.lan.members().borrow().clone();
        let me = pool.iter().find(|member| member.name == self.settings.node_name);
        let member = me.map(|me| {
            let tags = serde_json::to_value(&me.tags).unwrap_or_default();
            json!({
                "Name": me.name, "Addr": me.addr.ip().to_string(), "Port": me.addr.port(), "Tags": tags, "Status": 1,
                "ProtocolMin": 1, "ProtocolMax": 5, "ProtocolCur": 2, "DelegateMin": 2, "DelegateMax": 5, "DelegateCur": 4,
            })
        });
        json!({
            "Config": {
                "Datacenter": self.settings.datacenter, "PrimaryDatacenter": self.settings.primary_datacenter,
                "NodeName": self.settings.node_name, "NodeID": self.node_id, "Revision": "", "Server": true, "Version": VERSION,
                "BuildDate": "1970-01-01T00:00:01Z",
            },
            "DebugConfig": self.settings.debug_config,
            "Coord": { "Vec": [0, 0, 0, 0, 0, 0, 0, 0], "Error": 1.5, "Adjustment": 0, "Height": 1e-05 },
            "Member": member,
            "Stats": self.stats(&pool),
            "Meta": self.settings.node_meta,
            "xDS": null,
        })
    }

    /// Sections of texts, as `delian info` prints them.
    fn stats(&self, pool: &[members::Member]) -> Value {
        let status = self.consensus.status().borrow().clone();
        let leader = status.leader.as_ref().map_or(String::new(), |leader| leader.node.addr.clone());
        let count = |wanted: Status| pool.iter().filter(|member| member.status == wanted).count().to_string();
        let state = match status.role {
            Role::Leader => "Leader",
            Role::Follower => "Follower",
            Role::Candidate => "Candidate",
            Role::Learner => "Learner",
            Role::Stopped => "Shutdown",
        };
        let contact = match (status.role, self.consensus.last_contact()) {
            (Role::Leader, _) => "0".to_owned(),
            (_, Some(age)) => api::http::duration::format(age),
            (_, None) => "never".to_owned(),
        };
        json!({
            "agent": { "check_monitors": "0", "check_ttls": "0", "checks": "0", "services": "0" },
            "build": { "prerelease": "", "revision": "", "version": VERSION },
            "consul": {
                "acl": "disabled", "bootstrap": (self.settings.bootstrap_expect == 1).to_string(),
                "known_datacenters": self.datacenters().datacenters.len().to_string(),
                "leader": (status.role == Role::Leader).to_string(), "leader_addr": leader, "server": "true",
            },
            "raft": {
                "applied_index": status.applied.to_string(), "commit_index": status.committed.to_string(),
                "last_contact": contact, "last_log_index": status.last_log.to_string(),
                "last_snapshot_index": status.snapshot.to_string(), "num_peers": status.voters.saturating_sub(1).to_string(),
                "protocol_version": "3", "state": state, "term": status.term.to_string(),
            },
            "runtime": {
                "arch": std::env::consts::ARCH, "os": std::env::consts::OS, "version": "rust",
                "cpu_count": std::thread::available_parallelism().map_or(0, usize::from).to_string(),
            },
            "serf_lan": {
                "encrypted": self.settings.encrypt.is_some().to_string(), "failed": count(Status::Failed), "left": count(Status::Left),
                "members": pool.len().to_string(),
            },
        })
    }
}
