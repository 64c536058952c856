//! The servers and gateways of one datacenter.

use crate::{Client, Node, PATIENCE, until, until_some};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// One datacenter.
#[derive(Debug)]
pub struct Datacenter {
    /// Its name: `dc1`, `dc2`.
    pub name: String,
    /// Its servers, running or not.
    pub servers: Vec<Node>,
    /// Its gateways, running or not.
    pub gateways: Vec<Node>,
}

impl Datacenter {
    /// Ways to all servers, for clients that do not care which of them runs.
    #[must_use]
    pub fn clients(&self) -> Vec<Arc<Client>> {
        self.servers.iter().map(|server| Arc::clone(&server.http)).collect()
    }

    /// Waits until a server leads and answers as one; returns its place among the servers.
    pub async fn leader(&self) -> usize {
        self.leader_other_than(None).await
    }

    /// Waits until a server that is not `other` leads.
    pub async fn leader_other_than(&self, other: Option<usize>) -> usize {
        until_some(&format!("a leader in {}, other than {other:?}", self.name), PATIENCE, || self.leading_now(other)).await
    }

    async fn leading_now(&self, other: Option<usize>) -> Option<usize> {
        for (place, server) in self.servers.iter().enumerate().filter(|(place, _)| Some(*place) != other) {
            // Its own word, and a quorum's.
            let leads = async {
                let says_so = server.known_leader().await == Some(server.address);
                says_so && server.http.get("/v1/kv/leader?consistent").await.is_ok_and(|answer| matches!(answer.status, 200 | 404))
            };
            // A paused server does not answer.
            if tokio::time::timeout(Duration::from_millis(500), leads).await.unwrap_or(false) {
                return Some(place);
            }
        }
        None
    }

    /// Waits until every server knows a leader, takes a write, and shows it.
    pub async fn ready(&mut self) {
        for at in 0..self.servers.len() {
            let (server, name) = (&mut self.servers[at], self.name.clone());
            let what = format!("{} of {name} takes a write", server.name);
            let http = Arc::clone(&server.http);
            until(&what, PATIENCE, || {
                assert!(server.is_running(), "{} ended by itself:\n{}", server.name, server.log_tail());
                let (http, key) = (Arc::clone(&http), format!("ready/{}", server.name));
                async move {
                    let limit = Duration::from_secs(2);
                    http.kv_put(&key, "yes", limit).await.is_ok()
                        && matches!(http.kv_get(&key, crate::Consistency::Stale, limit).await, Ok(Some(_)))
                }
            })
            .await;
        }
    }

    /// Raft's servers as their leader has them: (name, raft id, votes).
    pub async fn raft(&self) -> Vec<(String, String, bool)> {
        let row = |server: &Value| {
            let text = |key: &str| server[key].as_str().unwrap_or_default().to_owned();
            (text("Node"), text("ID"), server["Voter"].as_bool().unwrap_or_default())
        };
        until_some(&format!("raft's servers in {}", self.name), PATIENCE, || async {
            for server in &self.servers {
                if let Some(configuration) = server.http.json("/v1/operator/raft/configuration").await {
                    return Some(configuration["Servers"].as_array()?.iter().map(row).collect());
                }
            }
            None
        })
        .await
    }

    /// Waits until raft's voters are these nodes, and nobody else takes part.
    pub async fn voters(&self, names: &[&str]) {
        let mut wanted: Vec<&str> = names.to_vec();
        wanted.sort_unstable();
        let what = format!("voters of {} are {wanted:?}", self.name);
        until(&what, PATIENCE, || async {
            let raft = self.raft().await;
            let mut now: Vec<&str> = raft.iter().map(|(name, ..)| name.as_str()).collect();
            now.sort_unstable();
            now == wanted && raft.iter().all(|(.., votes)| *votes)
        })
        .await;
    }
}
