//! Who should vote: a pure decision over the pool, the membership, and how far each server is.

use consensus::{Follower, Member as RaftMember, Membership, Node, RaftId};
use members::{Member, Status};
use node::Tags;
use std::time::Duration;

/// One change of the membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A new server: it takes entries, and does not vote yet.
    Add(RaftMember),
    /// It has caught up, and was healthy for long enough.
    Promote(RaftId),
    /// It is gone, and why.
    Remove(RaftId, String),
}

/// What the decision looks at.
pub(crate) struct Look<'a> {
    pub(crate) me: RaftId,
    pub(crate) pool: &'a [Member],
    pub(crate) membership: &'a Membership,
    pub(crate) followers: &'a [Follower],
    pub(crate) last_log: u64,
    pub(crate) autopilot: &'a api::operator::Autopilot,
    /// Since the process started, as [`Member::since`] counts.
    pub(crate) now: Duration,
}

/// Fewer living voters than this are not thinned out: a failed server may come back, and its vote with it.
const LEAST_LIVING: usize = 3;

/// The next change, if any. One at a time: each must be committed before the next is judged.
pub(crate) fn decide(look: &Look<'_>) -> Option<Change> {
    if look.membership.changing {
        return None;
    }
    replaced(look).or_else(|| gone(look)).or_else(|| added(look)).or_else(|| promoted(look)).or_else(|| dead(look))
}

/// A server whose disk was replaced comes back under another raft id: the old one has forgotten what it promised.
fn replaced(look: &Look<'_>) -> Option<Change> {
    servers(look).find_map(|(_, server)| {
        let old = members(look).find(|member| member.node.node_id == server.node.node_id && member.id != server.id)?;
        Some(Change::Remove(old.id, format!("{} has a new data directory", old.node.name)))
    })
}

/// A member that left, or of which gossip knows nothing any more.
fn gone(look: &Look<'_>) -> Option<Change> {
    let known = |member: &RaftMember| look.pool.iter().find(|other| Tags::of(other).node_id == member.node.node_id);
    members(look).filter(|member| member.id != look.me).find_map(|member| match known(member) {
        None => Some(Change::Remove(member.id, format!("{} is not in the LAN pool any more", member.node.name))),
        Some(other) if other.status == Status::Left => Some(Change::Remove(member.id, format!("{} has left", member.node.name))),
        Some(_) => None,
    })
}

fn added(look: &Look<'_>) -> Option<Change> {
    let is_new = |server: &RaftMember| members(look).all(|member| member.id != server.id || member.node.addr != server.node.addr);
    servers(look).filter(|(pooled, _)| pooled.status == Status::Alive).map(|(_, server)| server).find(is_new).map(Change::Add)
}

fn promoted(look: &Look<'_>) -> Option<Change> {
    let ready = |learner: &&RaftMember| {
        let healthy = servers(look).any(|(pooled, server)| {
            let for_long = look.now.saturating_sub(pooled.since) >= Duration::from_millis(look.autopilot.server_stabilization_time);
            server.id == learner.id && pooled.status == Status::Alive && for_long
        });
        let near = look.followers.iter().any(|follower| {
            let heard = follower.last_contact.is_some_and(|ago| ago <= Duration::from_secs(5));
            follower.id == learner.id && heard && follower.matched + look.autopilot.max_trailing_logs >= look.last_log
        });
        healthy && near
    };
    look.membership.learners.iter().find(ready).map(|learner| Change::Promote(learner.id))
}

/// A failed server goes when so many others live that its vote is not missed.
fn dead(look: &Look<'_>) -> Option<Change> {
    if !look.autopilot.cleanup_dead_servers {
        return None;
    }
    let failed = |member: &RaftMember| servers(look).any(|(pooled, server)| server.id == member.id && pooled.status == Status::Failed);
    let living = look.membership.voters.iter().filter(|voter| !failed(voter)).count();
    let least = LEAST_LIVING.max(usize::try_from(look.autopilot.min_quorum).unwrap_or(usize::MAX));
    let doomed = members(look).find(|member| member.id != look.me && failed(member))?;
    (living >= least).then(|| Change::Remove(doomed.id, format!("{} has failed, and {living} voters live", doomed.node.name)))
}

fn members<'a>(look: &Look<'a>) -> impl Iterator<Item = &'a RaftMember> {
    look.membership.voters.iter().chain(&look.membership.learners)
}

/// The servers of the pool, whatever their state, as raft would know them.
fn servers<'a>(look: &Look<'a>) -> impl Iterator<Item = (&'a Member, RaftMember)> {
    look.pool.iter().filter_map(|member| {
        let tags = Tags::of(member);
        let id = u64::from_str_radix(&tags.server.as_ref()?.raft_id, 16).ok()?;
        let addr = tags.rpc_addr(member)?.to_string();
        Some((member, RaftMember { id: RaftId(id), node: Node { addr, node_id: tags.node_id, name: member.name.clone() } }))
    })
}

#[cfg(test)]
mod tests;
