//! What is known of one instance.

use std::sync::Arc;
use std::time::Duration;

use super::intents::GivenUp;
use crate::Status;
use crate::details::Details;

/// One instance in the directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Of its identity.
    pub(crate) renewal: u16,
    pub(crate) state: State,
    /// `None` until fetched; the instance is not listed before.
    pub(crate) details: Option<Arc<Details>>,
    /// When it got its state here.
    pub(crate) since: Duration,
    /// When it is forgotten, if it is down.
    pub(crate) reap_at: Option<Duration>,
    /// A newer instance holds its address.
    pub(crate) replaced: bool,
    /// The renewal that was reported down elsewhere while live here.
    pub(super) undead: Option<u16>,
    /// It has said that it leaves, which is the last word of a run: under whatever identity it is heard of after that, it was on its way out.
    pub(super) leaves: bool,
    /// An identity of it that was given up elsewhere before it was down here.
    pub(super) given_up: Option<GivenUp>,
}

/// As [`Status`], and instances that are remembered only so as not to be learned again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Alive,
    Leaving,
    Left,
    Failed,
    Pruned,
}

impl Entry {
    pub(super) fn new(now: Duration, renewal: u16) -> Self {
        Self {
            renewal,
            state: State::Alive,
            details: None,
            since: now,
            reap_at: None,
            replaced: false,
            undead: None,
            leaves: false,
            given_up: None,
        }
    }

    /// It is known under a later identity, for which what was given up before does not count.
    pub(super) fn renew(&mut self, renewal: u16) {
        if renewal > self.renewal {
            self.renewal = renewal;
            if !self.state.is_live() {
                self.state = if self.leaves { State::Left } else { State::Failed };
            }
        }
        self.settle();
    }

    /// Once it is down as the identity that was given up, it has left.
    pub(super) fn settle(&mut self) {
        let Some(intent) = self.given_up.filter(|intent| intent.renewal == self.renewal && !self.state.is_live()) else { return };
        match self.state {
            State::Pruned => {}
            _ if intent.prune => self.state = State::Pruned,
            _ => self.state = State::Left,
        }
    }

    pub(super) fn leave(&mut self) {
        self.leaves = true;
        self.state = match self.state {
            State::Alive => State::Leaving,
            State::Failed => State::Left,
            state => state,
        };
    }

    /// Version of the details held; 0: none.
    pub(crate) fn version(&self) -> u32 {
        self.details.as_ref().map_or(0, |details| details.version)
    }
}

impl State {
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Alive | Self::Leaving)
    }

    pub(super) fn down(self) -> Self {
        match self {
            Self::Alive => Self::Failed,
            Self::Leaving => Self::Left,
            Self::Left | Self::Failed | Self::Pruned => self,
        }
    }

    pub(super) fn listed(self) -> Option<Status> {
        match self {
            Self::Alive => Some(Status::Alive),
            Self::Leaving => Some(Status::Leaving),
            Self::Left => Some(Status::Left),
            Self::Failed => Some(Status::Failed),
            Self::Pruned => None,
        }
    }
}
