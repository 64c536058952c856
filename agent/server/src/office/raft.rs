//! Raft, as operators see it.

use super::Office;
use api::operator::{Address, Addresses, RaftConfiguration, RaftRemovePeer, RaftServer, RaftTransferLeader, Updated};
use api::{Code, Error};
use consensus::{ChangeError, Member, TransferError};

impl Office {
    pub(super) fn leader(&self) -> Address {
        let leader = self.consensus.known_leader();
        Address { address: leader.map(|leader| leader.node.addr).unwrap_or_default() }
    }

    pub(super) fn peers(&self) -> Addresses {
        Addresses { addresses: self.consensus.membership().voters.into_iter().map(|voter| voter.node.addr).collect() }
    }

    pub(super) fn raft_configuration(&self) -> RaftConfiguration {
        let (membership, followers) = (self.consensus.membership(), self.consensus.followers());
        let status = self.consensus.status().borrow().clone();
        let leader = status.leader.as_ref().map(|leader| leader.id);
        let server = |member: Member, voter: bool| RaftServer {
            last_index: if member.id == self.consensus.me().id {
                status.last_log
            } else {
                followers.iter().find(|follower| follower.id == member.id).map_or(0, |follower| follower.matched)
            },
            leader: leader == Some(member.id),
            id: member.node.node_id,
            node: member.node.name,
            address: member.node.addr,
            protocol_version: "3".to_owned(),
            voter,
        };
        let voters = membership.voters.into_iter().map(|member| server(member, true));
        let learners = membership.learners.into_iter().map(|member| server(member, false));
        RaftConfiguration { servers: voters.chain(learners).collect(), index: membership.index }
    }

    pub(super) async fn remove_peer(&self, op: &RaftRemovePeer) -> Result<Updated, Error> {
        let membership = self.consensus.membership();
        let mut members = membership.voters.iter().chain(&membership.learners);
        let named = |member: &&Member| if op.address.is_empty() { member.node.node_id == op.id } else { member.node.addr == op.address };
        let Some(member) = members.find(named) else {
            let (what, which) = if op.address.is_empty() { ("id", &op.id) } else { ("address", &op.address) };
            return Err(Error::failed(format!("{what} {which:?} was not found in the Raft configuration")));
        };
        self.consensus.remove(member.id).await.map_err(change)?;
        Ok(Updated { ok: true })
    }

    pub(super) async fn transfer_leader(&self, op: &RaftTransferLeader) -> Result<Updated, Error> {
        let (membership, me) = (self.consensus.membership(), self.consensus.me().id);
        let to = if op.id.is_empty() {
            let followers = self.consensus.followers();
            let matched =
                |voter: &&Member| followers.iter().find(|follower| follower.id == voter.id).map_or(0, |follower| follower.matched);
            membership.voters.iter().filter(|voter| voter.id != me).max_by_key(matched)
        } else {
            membership.voters.iter().find(|voter| voter.node.node_id == op.id)
        };
        let Some(to) = to else { return Err(Error::failed(format!("cannot find peer to transfer leadership to: {:?}", op.id))) };
        self.consensus.transfer_leader(to.id).await.map_err(|error| match error {
            TransferError::NotLeader { .. } => Error::new(Code::NotLeader, error.to_string()),
            _ => Error::failed(format!("failed to transfer leadership: {error}")),
        })?;
        Ok(Updated { ok: true })
    }
}

fn change(error: ChangeError) -> Error {
    match error {
        ChangeError::NotLeader { .. } => Error::new(Code::NotLeader, error.to_string()),
        _ => Error::failed(error.to_string()),
    }
}
