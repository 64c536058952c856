//! When servers that know of each other make a cluster. A pure decision over what gossip shows.

use consensus::{Member as RaftMember, Node, RaftId};
use members::{Member, Status};
use node::Tags;

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Not yet, or not this server; and why.
    Wait(String),
    /// Make a cluster of these.
    Bootstrap(Vec<RaftMember>),
}

/// Decides for the server named `me`, which waits for `expect` servers.
///
/// Nobody makes a cluster where gossip shows one; all must expect the same number; and of those who could, only the one with the
/// least raft id does, so that two halves of a pool that is still forming do not make a cluster each.
pub(crate) fn decide(me: &str, expect: u32, pool: &[Member]) -> Decision {
    if expect == 0 {
        return Decision::Wait("this server waits to be added to a cluster".to_owned());
    }
    let mut candidates = Vec::new();
    for member in pool.iter().filter(|member| member.status == Status::Alive) {
        let tags = Tags::of(member);
        let Some(server) = &tags.server else { continue };
        if server.in_cluster {
            return Decision::Wait(format!("{} belongs to a cluster already", member.name));
        }
        if server.expect != expect {
            return Decision::Wait(format!("{} expects {} servers, this one {expect}", member.name, server.expect));
        }
        let (Some(addr), Ok(id)) = (tags.rpc_addr(member), u64::from_str_radix(&server.raft_id, 16)) else { continue };
        let node = Node { addr: addr.to_string(), node_id: tags.node_id.clone(), name: member.name.clone() };
        candidates.push(RaftMember { id: RaftId(id), node });
    }
    candidates.sort_by_key(|candidate| candidate.id);
    if candidates.len() < expect as usize {
        return Decision::Wait(format!("{} of {expect} servers are here", candidates.len()));
    }
    candidates.truncate(expect as usize);
    match candidates.first() {
        Some(first) if first.node.name == me => Decision::Bootstrap(candidates),
        Some(first) => Decision::Wait(format!("{} makes the cluster", first.node.name)),
        None => Decision::Wait("no server is here".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use node::{Kind, ServerTags};
    use std::time::Duration;

    fn server(name: &str, raft_id: u64, expect: u32, in_cluster: bool) -> Member {
        let server = ServerTags { expect, raft_id: RaftId(raft_id).to_string(), in_cluster, ..ServerTags::default() };
        let tags = Tags { datacenter: "dc1".into(), node_id: name.into(), kind: Kind::Server, rpc_port: Some(8300), server: Some(server) };
        Member {
            name: name.into(),
            addr: "127.0.0.1:8301".parse().unwrap(),
            status: Status::Alive,
            generation: 1,
            tags: tags.to_map(),
            spki: bytes::Bytes::new(),
            since: Duration::ZERO,
        }
    }

    fn names(decision: Decision) -> Vec<String> {
        match decision {
            Decision::Bootstrap(members) => members.into_iter().map(|member| member.node.name).collect(),
            Decision::Wait(_) => Vec::new(),
        }
    }

    #[test]
    fn the_least_makes_the_cluster_once_all_are_here() {
        let pool = [server("a", 7, 3, false), server("b", 5, 3, false), server("c", 9, 3, false)];
        assert!(names(decide("b", 3, &pool[..2])).is_empty());
        assert_eq!(names(decide("b", 3, &pool)), ["b", "a", "c"]);
        assert!(names(decide("a", 3, &pool)).is_empty());
        let late = [pool.to_vec(), vec![server("d", 1, 3, false)]].concat();
        assert_eq!(names(decide("d", 3, &late)), ["d", "b", "a"]);
    }

    #[test]
    fn nobody_does_where_there_is_one_or_where_they_disagree() {
        let with_cluster = [server("a", 1, 1, false), server("b", 2, 1, true)];
        assert!(names(decide("a", 1, &with_cluster)).is_empty());
        let disagree = [server("a", 1, 2, false), server("b", 2, 3, false)];
        assert!(names(decide("a", 2, &disagree)).is_empty());
        assert!(names(decide("a", 0, &disagree)).is_empty());
        let mut failed = server("b", 2, 2, false);
        failed.status = Status::Failed;
        assert!(names(decide("a", 2, &[server("a", 1, 2, false), failed])).is_empty());
    }
}
