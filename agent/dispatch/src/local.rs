//! Operations that ask the process itself. They go to one owner task over a bounded queue, as all commands to it do.

use api::{Call, Code, Error, Local, Reply};
use tokio::sync::{mpsc, oneshot};

/// Operations that may wait for the owner task.
const QUEUE: usize = 256;

/// One operation for the owner task.
pub struct LocalCall {
    /// The call; its operation is [`LocalCall::op`].
    pub call: Call,
    /// Where the reply goes. Dropping it answers with an error.
    pub reply: oneshot::Sender<Result<Reply, Error>>,
}

impl LocalCall {
    /// The operation.
    #[must_use]
    pub fn op(&self) -> Option<&Local> {
        match &*self.call.op {
            api::Op::Local(op) => Some(op),
            api::Op::Read(_) | api::Op::Write(_) => None,
        }
    }
}

/// The dispatcher's end.
#[derive(Clone)]
pub struct Locals(mpsc::Sender<LocalCall>);

/// The owner task's end.
pub type LocalDesk = mpsc::Receiver<LocalCall>;

/// A desk, and the way to it.
#[must_use]
pub fn locals() -> (Locals, LocalDesk) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (Locals(sender), receiver)
}

impl Locals {
    pub(crate) async fn ask(&self, call: Call) -> Result<Reply, Error> {
        let (reply, answer) = oneshot::channel();
        self.0
            .try_send(LocalCall { call, reply })
            .map_err(|_| Error::new(Code::Busy, format!("more than {QUEUE} requests wait for the agent")))?;
        answer.await.unwrap_or_else(|_| Err(Error::new(Code::Lost, "the agent is stopping")))
    }
}
