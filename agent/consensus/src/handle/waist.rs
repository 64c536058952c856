//! The node as the waist knows it.

use super::{ConfirmError, Consensus, LeaseError, ProposeError};
use crate::Member;
use crate::state_machine::encode;
use api::{Code, Error};
use dispatch::{Contact, Log, Proposed};
use state::Permitted;

impl Log for Consensus {
    async fn propose(&self, write: Permitted) -> Result<Proposed, Error> {
        match self.commit(encode(&write)).await?.0 {
            Some(outcome) => outcome,
            None => Err(Error::new(Code::Lost, "the write was applied without an outcome")),
        }
    }

    fn lease(&self) -> Result<(), Error> {
        self.lease_read().map_err(Error::from)
    }

    async fn confirm(&self) -> Result<(), Error> {
        self.confirm_leader().await.map_err(Error::from)
    }

    fn contact(&self) -> Contact {
        let lease = self.0.lease.check();
        let last_ms = self.contact_under(lease).map(|age| age.as_millis().try_into().unwrap_or(u64::MAX));
        Contact { known_leader: self.knows_leader_under(lease), last_ms }
    }
}

fn not_leader(leader: Option<Member>) -> Error {
    match leader {
        Some(leader) => Error::new(Code::NotLeader, format!("not the leader: that is {} at {}", leader.node.name, leader.node.addr)),
        None => Error::no_leader(),
    }
}

impl From<ProposeError> for Error {
    fn from(error: ProposeError) -> Self {
        match error {
            ProposeError::NotLeader { leader } => not_leader(leader),
            ProposeError::Busy => Self::new(Code::Busy, error.to_string()),
            ProposeError::Lost | ProposeError::Fatal(_) => Self::new(Code::Lost, error.to_string()),
        }
    }
}

impl From<LeaseError> for Error {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::NotLeader { leader } => not_leader(leader),
            // For whoever asked it is the same: at this moment nobody is known to lead.
            LeaseError::Expired => Self::no_leader(),
        }
    }
}

impl From<ConfirmError> for Error {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::NotLeader { leader } => not_leader(leader),
            ConfirmError::NoQuorum => Self::new(Code::TimedOut, error.to_string()),
            ConfirmError::Busy => Self::new(Code::Busy, error.to_string()),
            // A read changes nothing.
            ConfirmError::Fatal(_) => Self { unprocessed: true, ..Self::new(Code::Lost, error.to_string()) },
        }
    }
}
