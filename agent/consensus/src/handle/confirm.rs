//! Whether this node may answer a read.

use super::{Consensus, propose};
use crate::lease::NoLease;
use crate::replica::Replica;
use crate::types::TypeConfig;
use crate::{FatalError, Member};
use openraft::errors::{LinearizableReadError, RaftError};
use openraft::{Raft, ReadPolicy};
use tokio::sync::{mpsc, oneshot};

/// Reads that may wait for the next confirmation.
const WAITING: usize = 16_384;

/// Why this node, asking nobody, may not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// Another node leads, or none.
    #[error("not the leader")]
    NotLeader {
        /// Who does, as far as is known.
        leader: Option<Member>,
    },
    /// This node leads, but has not heard from a majority lately: [`Consensus::confirm_leader`] decides.
    #[error("the leader's lease has expired")]
    Expired,
}

/// Why this node could not prove that it leads. Nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// Another node leads, or none.
    #[error("not the leader")]
    NotLeader {
        /// Who does, as far as is known.
        leader: Option<Member>,
    },
    /// No majority answered in time.
    #[error("no majority answered")]
    NoQuorum,
    /// Too many reads wait.
    #[error("too many reads wait for a confirmation")]
    Busy,
    /// This node stopped.
    #[error("raft stopped: {0}")]
    Fatal(FatalError),
}

impl Consensus {
    /// Whether this node leads under a lease **now**: then everything acknowledged anywhere before this call is in the published
    /// state. Asks nobody, waits for nothing. Call it after evaluating a read, before replying.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn lease_read(&self) -> Result<(), LeaseError> {
        self.0.lease.check().map_err(|no| match no {
            NoLease::Expired => LeaseError::Expired,
            NoLease::NotLeader => LeaseError::NotLeader { leader: self.0.status.borrow().leader.clone() },
        })
    }

    /// Has a majority confirm that this node leads, and waits until the state holds everything acknowledged before this call. One
    /// confirmation serves all who waited when it left.
    ///
    /// # Errors
    /// [`ConfirmError`].
    pub async fn confirm_leader(&self) -> Result<(), ConfirmError> {
        let (answer, confirmed) = oneshot::channel();
        self.0.confirmations.try_send(answer).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => ConfirmError::Busy,
            mpsc::error::TrySendError::Closed(_) => self.gone(),
        })?;
        confirmed.await.map_err(|_| self.gone())?
    }

    fn gone(&self) -> ConfirmError {
        ConfirmError::Fatal(self.stopped(openraft::errors::Fatal::Stopped))
    }
}

pub(super) type Queue = mpsc::Sender<oneshot::Sender<Result<(), ConfirmError>>>;

/// Confirms for all who wait, then for all who came meanwhile, and so on. A read never joins a confirmation that has left: a write may
/// have been acknowledged by another leader in between. Ends when the node is dropped.
pub(super) fn spawn(raft: Raft<TypeConfig, Replica>) -> Queue {
    let (queue, mut waiting) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let mut together: Vec<oneshot::Sender<_>> = Vec::new();
        while waiting.recv_many(&mut together, WAITING).await > 0 {
            let result = confirm(&raft).await;
            for one in together.drain(..) {
                // Whoever gave up meanwhile is not there to hear it.
                let _ = one.send(result.clone());
            }
        }
    });
    queue
}

async fn confirm(raft: &Raft<TypeConfig, Replica>) -> Result<(), ConfirmError> {
    match raft.ensure_linearizable(ReadPolicy::ReadIndex).await {
        Ok(_) => Ok(()),
        Err(RaftError::APIError(LinearizableReadError::ForwardToLeader(forward))) => {
            Err(ConfirmError::NotLeader { leader: propose::leader(forward) })
        }
        Err(RaftError::APIError(LinearizableReadError::QuorumNotEnough(_))) => Err(ConfirmError::NoQuorum),
        Err(RaftError::Fatal(error)) => Err(ConfirmError::Fatal(FatalError { what: "running raft", reason: error.to_string() })),
    }
}
