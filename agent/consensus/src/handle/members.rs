//! Who takes part.

use super::{Consensus, propose};
use crate::types::TypeConfig;
use crate::{FatalError, Member, Node, RaftId};
use openraft::ChangeMembers;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::{ChangeMembershipError, ClientWriteError, InitializeError, RaftError};
use std::collections::{BTreeMap, BTreeSet};

/// Who votes and who learns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// The entry it stands in.
    pub index: u64,
    /// Voters; of both sets, while the cluster moves from one to another.
    pub voters: Vec<Member>,
    /// Nodes that take entries and do not vote.
    pub learners: Vec<Member>,
    /// Whether a change is under way.
    pub changing: bool,
}

/// Why the membership was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// This node does not lead. Nothing changed.
    #[error("not the leader")]
    NotLeader {
        /// Who does, as far as is known.
        leader: Option<Member>,
    },
    /// Another change is under way, or this leader is too new to make one. Nothing changed.
    #[error("another change is under way")]
    InProgress,
    /// The node is not a member. Nothing changed.
    #[error("raft node {0} is not a member")]
    Unknown(RaftId),
    /// The change makes no sense, for instance one that leaves no voter. Nothing changed.
    #[error("refused: {0}")]
    Refused(String),
    /// Leadership was lost meanwhile: look at [`Consensus::membership`].
    #[error("leadership was lost while the change was under way")]
    Lost,
    /// This node stopped.
    #[error("raft stopped: {0}")]
    Fatal(FatalError),
}

/// Why leadership was not handed over. This node leads on, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// This node does not lead.
    #[error("not the leader")]
    NotLeader {
        /// Who does, as far as is known.
        leader: Option<Member>,
    },
    /// Only a voter can lead.
    #[error("raft node {0} is not a voter")]
    NotVoter(RaftId),
    /// The other did not take over in time.
    #[error("the other node did not take over")]
    TimedOut,
    /// This node stopped.
    #[error("raft stopped: {0}")]
    Fatal(FatalError),
}

impl Consensus {
    /// Starts a cluster of `voters`, this node among them. `false` if this node belongs to a cluster already. Every voter may do it,
    /// if all name the same voters; nobody may where a cluster exists.
    ///
    /// # Errors
    /// [`ChangeError::Refused`] when this node is not among the voters, [`ChangeError::Fatal`].
    pub async fn bootstrap(&self, voters: impl IntoIterator<Item = Member>) -> Result<bool, ChangeError> {
        let voters: BTreeMap<RaftId, Node> = voters.into_iter().map(|member| (member.id, member.node)).collect();
        match self.0.raft.initialize(voters).await {
            Ok(()) => Ok(true),
            Err(RaftError::APIError(InitializeError::NotAllowed(_))) => Ok(false),
            Err(RaftError::APIError(error @ InitializeError::NotInMembers(_))) => Err(ChangeError::Refused(error.to_string())),
            Err(RaftError::Fatal(error)) => Err(ChangeError::Fatal(self.stopped(error))),
        }
    }

    /// The membership this node goes by: the last in its log, committed or not.
    #[must_use]
    pub fn membership(&self) -> Membership {
        let metrics = self.0.metrics.borrow_watched();
        let membership = metrics.membership_config.membership();
        let member = |id: RaftId| Member { id, node: membership.get_node(&id).cloned().unwrap_or_default() };
        Membership {
            index: metrics.membership_config.log_id().map_or(0, |id| id.index),
            voters: membership.voter_ids().map(member).collect(),
            learners: membership.learner_ids().map(member).collect(),
            changing: membership.get_joint_config().len() > 1,
        }
    }

    /// Adds a node that takes entries and does not vote. Does not wait until it has caught up: see [`Consensus::followers`].
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn add_learner(&self, member: Member) -> Result<(), ChangeError> {
        self.change(ChangeMembers::AddNodes(BTreeMap::from([(member.id, member.node)])), true).await
    }

    /// Makes a learner a voter.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn promote(&self, id: RaftId) -> Result<(), ChangeError> {
        self.known(id)?;
        self.change(ChangeMembers::AddVoterIds(BTreeSet::from([id])), true).await
    }

    /// Makes a voter a learner.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn demote(&self, id: RaftId) -> Result<(), ChangeError> {
        self.known(id)?;
        self.change(ChangeMembers::RemoveVoters(BTreeSet::from([id])), true).await
    }

    /// Removes a node. The leader may remove itself: it hands over, and leaves.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn remove(&self, id: RaftId) -> Result<(), ChangeError> {
        self.known(id)?;
        let is_voter = self.membership().voters.iter().any(|voter| voter.id == id);
        let ids = BTreeSet::from([id]);
        let change = if is_voter { ChangeMembers::RemoveVoters(ids) } else { ChangeMembers::RemoveNodes(ids) };
        self.change(change, false).await
    }

    /// Hands leadership to another voter, and returns once it leads. In this node's term no lease holds any more, even if that fails.
    ///
    /// # Errors
    /// [`TransferError`].
    pub async fn transfer_leader(&self, to: RaftId) -> Result<(), TransferError> {
        let leader = self.0.status.borrow().leader.clone();
        if leader.as_ref().map(|leader| leader.id) != Some(self.id()) {
            return Err(TransferError::NotLeader { leader });
        }
        if to == self.id() {
            return Ok(());
        }
        if !self.membership().voters.iter().any(|voter| voter.id == to) {
            return Err(TransferError::NotVoter(to));
        }
        self.0.raft.trigger().transfer_leader(to).await.map_err(|error| TransferError::Fatal(self.stopped(error)))?;
        let mut status = self.0.status.clone();
        let taken = status.wait_for(|now| now.leader.as_ref().is_some_and(|leader| leader.id == to));
        match tokio::time::timeout(self.0.timing.election_max(), taken).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(TransferError::Fatal(self.stopped(openraft::errors::Fatal::Stopped))),
            Err(_) => Err(TransferError::TimedOut),
        }
    }

    fn known(&self, id: RaftId) -> Result<(), ChangeError> {
        let known = self.0.metrics.borrow_watched().membership_config.membership().get_node(&id).is_some();
        if known { Ok(()) } else { Err(ChangeError::Unknown(id)) }
    }

    async fn change(&self, change: ChangeMembers<RaftId, Node>, retain: bool) -> Result<(), ChangeError> {
        match self.0.raft.change_membership(change, retain).await {
            Ok(_) => Ok(()),
            Err(RaftError::APIError(error)) => Err(change_error(error)),
            Err(RaftError::Fatal(error)) => Err(ChangeError::Fatal(self.stopped(error))),
        }
    }
}

fn change_error(error: ClientWriteError<TypeConfig>) -> ChangeError {
    match error {
        ClientWriteError::ForwardToLeader(forward) => ChangeError::NotLeader { leader: propose::leader(forward) },
        ClientWriteError::LogEntryDiscarded(_) => ChangeError::Lost,
        ClientWriteError::ChangeMembershipError(error) => match error {
            ChangeMembershipError::InProgress(_) | ChangeMembershipError::UncommittedLeaderLog(_) => ChangeError::InProgress,
            ChangeMembershipError::LearnerNotFound(missing) => ChangeError::Unknown(missing.node_id),
            other => ChangeError::Refused(other.to_string()),
        },
        ClientWriteError::PreconditionFailed(error) => ChangeError::Refused(error.to_string()),
    }
}
