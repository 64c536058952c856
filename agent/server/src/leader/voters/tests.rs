#![allow(clippy::unwrap_used)]
use super::*;
use node::{Kind, ServerTags};

fn pooled(name: &str, id: u64, status: Status, since: u64) -> Member {
    let server = ServerTags { raft_id: RaftId(id).to_string(), ..ServerTags::default() };
    let tags = Tags { datacenter: "dc1".into(), node_id: name.into(), kind: Kind::Server, rpc_port: Some(8300), server: Some(server) };
    let addr = format!("127.0.0.{}:8301", name.bytes().last().unwrap()).parse().unwrap();
    let since = Duration::from_secs(since);
    Member { name: name.into(), addr, status, generation: 1, tags: tags.to_map(), spki: bytes::Bytes::new(), since }
}

fn member(name: &str, id: u64) -> RaftMember {
    let addr = format!("127.0.0.{}:8300", name.bytes().last().unwrap());
    RaftMember { id: RaftId(id), node: Node { addr, node_id: name.into(), name: name.into() } }
}

fn check(pool: &[Member], voters: &[RaftMember], learners: &[RaftMember], matched: u64) -> Option<Change> {
    let membership = Membership { index: 1, voters: voters.to_vec(), learners: learners.to_vec(), changing: false };
    let follower = |member: &RaftMember| Follower { id: member.id, matched, last_contact: Some(Duration::ZERO) };
    let followers: Vec<Follower> = voters.iter().chain(learners).map(follower).collect();
    let autopilot = api::operator::Autopilot {
        cleanup_dead_servers: true,
        max_trailing_logs: 10,
        server_stabilization_time: 10_000,
        ..Default::default()
    };
    let look = Look {
        me: RaftId(1),
        pool,
        membership: &membership,
        followers: &followers,
        last_log: 100,
        autopilot: &autopilot,
        now: Duration::from_secs(100),
    };
    decide(&look)
}

const ALIVE: Status = Status::Alive;

#[test]
fn new_servers_are_added_then_promoted_when_they_have_caught_up() {
    let me = [member("a", 1)];
    let pool = [pooled("a", 1, ALIVE, 0), pooled("b", 2, ALIVE, 95)];
    assert_eq!(check(&pool, &me, &[], 100), Some(Change::Add(member("b", 2))));
    assert_eq!(check(&pool, &me, &[member("b", 2)], 100), None, "too young");
    let pool = [pooled("a", 1, ALIVE, 0), pooled("b", 2, ALIVE, 80)];
    assert_eq!(check(&pool, &me, &[member("b", 2)], 50), None, "too far behind");
    assert_eq!(check(&pool, &me, &[member("b", 2)], 95), Some(Change::Promote(RaftId(2))));
}

#[test]
fn who_left_goes_at_once_and_who_failed_only_when_not_missed() {
    let voters = [member("a", 1), member("b", 2), member("c", 3)];
    let pool = |status| [pooled("a", 1, ALIVE, 0), pooled("b", 2, ALIVE, 0), pooled("c", 3, status, 0)];
    assert!(matches!(check(&pool(Status::Left), &voters, &[], 100), Some(Change::Remove(RaftId(3), _))));
    assert_eq!(check(&pool(Status::Failed), &voters, &[], 100), None, "two of three live");
    let four = [&voters[..], &[member("d", 4)]].concat();
    let pool = [&pool(Status::Failed)[..], &[pooled("d", 4, ALIVE, 0)]].concat();
    assert!(matches!(check(&pool, &four, &[], 100), Some(Change::Remove(RaftId(3), _))));
    assert!(matches!(check(&pool[..2], &voters, &[], 100), Some(Change::Remove(RaftId(3), _))), "reaped");
}

#[test]
fn a_wiped_disk_is_another_raft_node() {
    let voters = [member("a", 1), member("b", 2), member("c", 3)];
    let pool = [pooled("a", 1, ALIVE, 0), pooled("b", 2, ALIVE, 0), pooled("c", 33, ALIVE, 0)];
    assert!(matches!(check(&pool, &voters, &[], 100), Some(Change::Remove(RaftId(3), _))));
    assert_eq!(check(&pool, &voters[..2], &[], 100), Some(Change::Add(member("c", 33))));
}
