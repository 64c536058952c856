use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use quinn::SendStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::ReplyError;
use crate::code;
use crate::frame;
use crate::frame::Kind;
use crate::frame::MessageLimits;

/// How long a caller may take an answer slowly. Small answers never wait.
const SEND_TIME: Duration = Duration::from_secs(30);

/// Answers one request, straight on its stream: no task or channel stands between. Dropped unused, it resets the
/// stream, and the caller learns that the request was taken up and given up.
pub struct Replier {
    send: SendStream,
    limits: MessageLimits,
    closing: CancellationToken,
    answered: bool,
    _admitted: Admitted,
}

/// What a request under way holds: given back when it is answered or given up.
pub(crate) struct Admitted {
    pub(crate) _under_way: TaskTrackerToken,
    pub(crate) _place: Option<OwnedSemaphorePermit>,
    pub(crate) _memory: Option<OwnedSemaphorePermit>,
}

impl Replier {
    pub(crate) fn new(send: SendStream, limits: MessageLimits, closing: CancellationToken, admitted: Admitted) -> Self {
        Self { send, limits, closing, answered: false, _admitted: admitted }
    }

    /// Sends the answer. Returns when all of it is handed to QUIC; while the link stops, when the peer has it.
    ///
    /// # Errors
    /// The answer is too big, or nobody waits for it any more. The stream is reset.
    pub async fn send(mut self, head: Bytes, body: Bytes) -> Result<(), ReplyError> {
        let mut chunks = frame::encode(Kind::Answer, &head, body, self.limits).map_err(|big| ReplyError::TooBig {
            what: big.what,
            bytes: big.bytes,
            limit: big.limit,
        })?;
        let write = tokio::time::timeout(SEND_TIME, self.send.write_all_chunks(&mut chunks));
        write.await.map_err(|_| ReplyError::TimedOut)?.map_err(|_| ReplyError::Gone)?;
        self.answered = true;
        self.send.finish().map_err(|_| ReplyError::Gone)?;
        if self.closing.is_cancelled() {
            // The connection closes when this call counts as ended, and closing discards what is not acknowledged.
            let taken = tokio::time::timeout(SEND_TIME, self.send.stopped()).await;
            taken.map_err(|_| ReplyError::TimedOut)?.map_err(|_| ReplyError::Gone)?;
        }
        Ok(())
    }

    /// Completes when the caller no longer waits (it gave up, or its connection died). Select it against the work.
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send + 'static {
        let stopped = self.send.stopped();
        async move {
            let _ = stopped.await;
        }
    }

    /// Refuses the request as not processed: the caller may go elsewhere, with a write too.
    pub fn refuse_busy(mut self) {
        self.answered = true;
        let _ = self.send.reset(code::BUSY);
    }
}

impl Drop for Replier {
    fn drop(&mut self) {
        if !self.answered {
            // An error here means that the stream is gone already.
            let _ = self.send.reset(code::ABANDONED);
        }
    }
}

impl fmt::Debug for Replier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replier").field("stream", &self.send.id()).field("answered", &self.answered).finish()
    }
}
