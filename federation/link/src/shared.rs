use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Limits;
use crate::frame::MessageLimits;

/// Most bytes of a stranger's request and of the answer to it.
const JOIN_BYTES: u32 = 64 << 10;

/// Push/pull exchanges under way; each holds a table of members.
const GOSSIP_STREAMS: usize = 64;

/// What all parts of one link share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    /// Cancelled when the link stops: nothing new begins, what is under way may end.
    pub(crate) closing: CancellationToken,
    /// Counts calls in both directions, so that a drain knows when they have ended.
    pub(crate) under_way: TaskTracker,
    /// Calls taken and not answered.
    pub(crate) calls: Arc<Semaphore>,
    /// Push/pull exchanges taken and not answered.
    pub(crate) gossip: Arc<Semaphore>,
    /// Kibibytes of long requests.
    pub(crate) memory: Arc<Semaphore>,
}

impl Shared {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            closing: CancellationToken::new(),
            under_way: TaskTracker::new(),
            calls: Arc::new(Semaphore::new(limits.calls)),
            gossip: Arc::new(Semaphore::new(GOSSIP_STREAMS)),
            memory: Arc::new(Semaphore::new(limits.request_kib as usize)),
        }
    }

    pub(crate) fn message_limits(&self) -> MessageLimits {
        MessageLimits { head: self.limits.head, body: self.limits.body }
    }
}

/// Limits of a join, both ways.
pub(crate) const JOIN_LIMITS: MessageLimits = MessageLimits { head: 0, body: JOIN_BYTES };
