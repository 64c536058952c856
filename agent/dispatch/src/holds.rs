//! For whoever keeps what he made of an answer: whether the answer would still be the same.

use crate::cache::{Kept, Question};
use crate::{Dispatcher, Log, Peers};
use api::{Answer, Call, Op};
use std::sync::Arc;

/// An answer that was made here, and the versions of what it was made from.
#[derive(Clone)]
pub struct Holds(Arc<Kept>);

impl Holds {
    /// Whether nothing that the answer was made from has changed since. Once this is false, it stays so.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.0.is_current()
    }
}

impl<L: Log, P: Peers> Dispatcher<L, P> {
    /// By what to see whether `answer`, the one to `call`, still holds. `None` when it was not made here, was a single key, or may be
    /// of a state that is being replaced: then only asking again tells.
    pub fn holds(&self, call: &Call, answer: &Answer) -> Option<Holds> {
        let Op::Read(_) = &*call.op else { return None };
        let question = Question { op: call.op.encode_to_vec(), who: self.authority(call) };
        self.store().cache.get(&question).filter(|kept| kept.reply.is(&answer.reply)).map(Holds)
    }
}
