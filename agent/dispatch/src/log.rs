//! The replicated log, as much of it as a call needs.

use api::{Error, Reply};
use state::Permitted;

/// What a committed write came to.
pub struct Proposed {
    /// What the caller is told.
    pub reply: Reply,
    /// The state's index after it.
    pub index: u64,
}

/// How this server stands with the leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Whether a leader is known.
    pub known_leader: bool,
    /// Milliseconds since it was heard of; 0 on the leader, unless it may be none any more; `None` when it never was since this process began.
    pub last_ms: Option<u64>,
}

/// The replicated log.
pub trait Log: Send + Sync + 'static {
    /// Commits a write and applies it.
    ///
    /// # Errors
    /// [`api::Code::NotLeader`] before anything was done, [`api::Code::Lost`] when nobody knows whether it was, or what `apply` says.
    fn propose(&self, write: Permitted) -> impl Future<Output = Result<Proposed, Error>> + Send;

    /// Whether this server leads now, under a lease that a quorum granted. Costs no round trip.
    ///
    /// # Errors
    /// [`api::Code::NotLeader`].
    fn lease(&self) -> Result<(), Error>;

    /// Has a quorum confirm that this server leads, and waits until everything committed by then is applied: what is read after
    /// this is linearizable. One confirmation serves all who wait for one.
    ///
    /// # Errors
    /// [`api::Code::NotLeader`], or [`api::Code::TimedOut`].
    fn confirm(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// How this server stands with the leader.
    fn contact(&self) -> Contact;
}

impl<L: Log> Log for std::sync::Arc<L> {
    fn propose(&self, write: Permitted) -> impl Future<Output = Result<Proposed, Error>> + Send {
        (**self).propose(write)
    }

    fn lease(&self) -> Result<(), Error> {
        (**self).lease()
    }

    fn confirm(&self) -> impl Future<Output = Result<(), Error>> + Send {
        (**self).confirm()
    }

    fn contact(&self) -> Contact {
        (**self).contact()
    }
}

/// The log of a process that keeps none: a client agent, a gateway.
pub struct NoLog;

impl Log for NoLog {
    async fn propose(&self, _: Permitted) -> Result<Proposed, Error> {
        Err(not_leader())
    }

    fn lease(&self) -> Result<(), Error> {
        Err(not_leader())
    }

    async fn confirm(&self) -> Result<(), Error> {
        Err(not_leader())
    }

    fn contact(&self) -> Contact {
        Contact::default()
    }
}

fn not_leader() -> Error {
    Error::new(api::Code::NotLeader, "this process keeps no state")
}
