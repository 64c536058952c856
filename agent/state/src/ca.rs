//! What raft keeps of the certificate authority. Each change carries an epoch; what is older is refused, so a paused process that
//! wakes writes nothing.

use crate::{Apply, Change, Evaluate, Needs, State, Table, Topic, View};
use api::Error;
use api::federation::{CaRead, CaState, CaUpdate};
use api::operator::Updated;
use std::sync::Arc;

/// The authority, `None` until the first leader makes one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Authority {
    pub(crate) state: Option<Arc<CaState>>,
    pub(crate) index: u64,
}

impl State {
    /// The certificate authority with its private keys: for the leader, and never for an answer.
    #[must_use]
    pub fn certificate_authority(&self) -> Option<Arc<CaState>> {
        self.ca.state.clone()
    }
}

impl Evaluate for CaRead {
    fn evaluate(&self, view: &View<'_>) -> Result<CaState, Error> {
        view.saw(Topic::Table(Table::Ca), view.state.ca.index);
        let public = |state: &CaState| CaState { root_key: bytes::Bytes::new(), intermediate_key: bytes::Bytes::new(), ..state.clone() };
        Ok(view.state.ca.state.as_deref().map(public).unwrap_or_default())
    }
}

impl Apply for CaUpdate {
    fn needs(&self, _: &State, _: &mut Needs) {}

    fn apply(&self, change: &mut Change<'_>) -> Result<Updated, Error> {
        let Some(new) = &self.state else {
            return Err(Error::bad_request("a certificate authority update without a state"));
        };
        let epoch = change.state.ca.state.as_ref().map_or(0, |current| current.epoch);
        if self.replaces != epoch || new.epoch <= epoch {
            return Ok(Updated { ok: false });
        }
        change.state.ca.index = change.index();
        change.state.ca.state = Some(Arc::new(new.clone()));
        change.touch(Table::Ca);
        Ok(Updated { ok: true })
    }
}
