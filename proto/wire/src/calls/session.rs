//! The client's end of one open stream: who waits for which answer.

use super::{
    OPEN,
    assembly::{Assembly, Unacceptable, Whole},
    outbox::{Batches, Outbox, Withdrawn},
};
use crate::{
    error::{CallError, ConnectError, NotSent},
    frame::{Cancel, Frame, Frames, Kind, Message},
    limits::{MAX_FRAMES_BYTES, MAX_QUEUED_BYTES},
    transport::{abort::AbortOnDrop, connector::Connector, grpc::grpc, redial::Usable},
};
use bytes::Bytes;
use http::uri::PathAndQuery;
use parking_lot::Mutex;
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};
use tonic::Streaming;
use tonic_prost::ProstCodec;

type Answer = Result<(Bytes, Bytes), CallError>;

/// One open stream; ends when the last handle to it is dropped.
#[derive(Clone)]
pub(super) struct Session {
    shared: Arc<Shared>,
    /// Reads answers; holds no handle to itself, so that dropping the last one closes the stream.
    _reader: Arc<AbortOnDrop>,
}

struct Shared {
    outbox: Arc<Outbox<()>>,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
    next_id: AtomicU64,
    in_flight: usize,
    /// The server refuses new calls, or the stream ended.
    retired: AtomicBool,
}

impl Session {
    /// Dials and opens the stream; bounded in time by the caller.
    pub(super) async fn open(connector: &Connector) -> Result<Self, ConnectError> {
        let channel = connector.dial().await?;
        let shared = Arc::new(Shared {
            outbox: Arc::new(Outbox::new()),
            waiting: Mutex::new(HashMap::new()),
            next_id: AtomicU64::new(1),
            in_flight: connector.limits.in_flight,
            retired: AtomicBool::new(false),
        });
        let outbound = Batches::new(Arc::clone(&shared.outbox));
        let inbound = grpc(channel, MAX_FRAMES_BYTES)
            .streaming(tonic::Request::new(outbound), PathAndQuery::from_static(OPEN), ProstCodec::default())
            .await
            .map_err(|status| ConnectError::new(connector.addr, status.message()))?
            .into_inner();
        let reader = tokio::spawn(read(Arc::clone(&shared), inbound));
        Ok(Self { shared, _reader: Arc::new(AbortOnDrop::new(reader)) })
    }

    /// Sends one call and waits for its answer until `deadline`. Dropping the future cancels the call.
    pub(super) async fn call(&self, head: Bytes, body: Bytes, deadline: Instant) -> Answer {
        let (mut ticket, answer) = Ticket::issue(&self.shared, head, body)?;
        match timeout_at(deadline, answer).await {
            Ok(answer) => {
                ticket.done = true;
                answer.unwrap_or_else(|_| Err(lost("stream ended")))
            }
            Err(_) => match ticket.withdraw() {
                Withdrawn::Unsent => Err(NotSent::Deadline.into()),
                Withdrawn::Left => Err(CallError::TimedOut),
            },
        }
    }
}

impl Usable for Session {
    fn is_usable(&self) -> bool {
        !self.shared.retired.load(Ordering::Acquire)
    }
}

/// One call's place in `waiting`; cancels it when dropped early.
struct Ticket<'a> {
    shared: &'a Shared,
    id: u64,
    done: bool,
}

impl<'a> Ticket<'a> {
    fn issue(shared: &'a Shared, head: Bytes, body: Bytes) -> Result<(Self, oneshot::Receiver<Answer>), NotSent> {
        let queued = shared.outbox.bytes();
        if queued > MAX_QUEUED_BYTES {
            return Err(NotSent::Full(queued));
        }
        let id = shared.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = shared.waiting.lock();
            if waiting.len() >= shared.in_flight {
                return Err(NotSent::Busy(waiting.len()));
            }
            waiting.insert(id, sender);
        }
        let mut ticket = Self { shared, id, done: false };
        let call = Frame::new(id, Kind::Call(Message::whole(head, body)));
        if shared.outbox.push(call, ()).is_err() {
            ticket.done = true;
            shared.waiting.lock().remove(&id);
            return Err(NotSent::Closed);
        }
        Ok((ticket, receiver))
    }

    /// Stops waiting and says whether the server can have seen the call.
    fn withdraw(&mut self) -> Withdrawn {
        self.done = true;
        self.shared.waiting.lock().remove(&self.id);
        let withdrawn = self.shared.outbox.withdraw(self.id);
        if withdrawn == Withdrawn::Left {
            // An error means that the stream ended, which cancels everything.
            let _ = self.shared.outbox.push(Frame::new(self.id, Kind::Cancel(Cancel {})), ());
        }
        withdrawn
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.withdraw();
        }
    }
}

/// Ends the session when the reader ends, however it ends.
struct EndOnDrop(Arc<Shared>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end("connection closed");
    }
}

async fn read(shared: Arc<Shared>, mut inbound: Streaming<Frames>) {
    let session = EndOnDrop(shared);
    let mut assembly = Assembly::new();
    let why = loop {
        match inbound.message().await {
            Ok(Some(frames)) => {
                for frame in frames.frames {
                    session.0.on_frame(&mut assembly, frame);
                }
                if session.0.is_drained() {
                    break "server is stopping".to_owned();
                }
            }
            Ok(None) => break "server closed the stream".to_owned(),
            Err(status) => break status.message().to_owned(),
        }
    };
    session.0.end(&why);
}

impl Shared {
    /// The server waits for us to end the stream, and no answer is missing.
    fn is_drained(&self) -> bool {
        self.retired.load(Ordering::Acquire) && self.waiting.lock().is_empty()
    }

    fn on_frame(&self, assembly: &mut Assembly<()>, Frame { id, kind }: Frame) {
        match kind {
            Some(Kind::Answer(message)) => self.on_pieces(assembly, id, |assembly| assembly.begin(id, message, ())),
            Some(Kind::Part(part)) => self.on_pieces(assembly, id, |assembly| assembly.part(id, &part.body)),
            Some(Kind::Refused(reason)) => self.answer(id, Err(CallError::Refused(reason.why))),
            Some(Kind::Failed(reason)) => self.answer(id, Err(CallError::Lost(reason.why))),
            Some(Kind::Drain(_)) => self.retired.store(true, Ordering::Release),
            Some(Kind::Call(_) | Kind::Cancel(_)) | None => {}
        }
    }

    fn on_pieces(
        &self,
        assembly: &mut Assembly<()>,
        id: u64,
        step: impl FnOnce(&mut Assembly<()>) -> Result<Option<Whole<()>>, Unacceptable>,
    ) {
        if !self.waiting.lock().contains_key(&id) {
            assembly.forget(id);
            return;
        }
        match step(assembly) {
            Ok(Some(Whole { head, body, .. })) => self.answer(id, Ok((head, body))),
            Ok(None) => {}
            Err(unacceptable) => self.answer(id, Err(CallError::Lost(format!("answer: {unacceptable}")))),
        }
    }

    fn answer(&self, id: u64, answer: Answer) {
        let sender = self.waiting.lock().remove(&id);
        if let Some(sender) = sender {
            // An error means that the caller has gone at this very moment.
            let _ = sender.send(answer);
        }
    }

    fn end(&self, why: &str) {
        self.retired.store(true, Ordering::Release);
        // First the queue, so that a call which comes now is told that it did not leave.
        let unsent: HashSet<u64> = self.outbox.close().into_iter().collect();
        let waiting = std::mem::take(&mut *self.waiting.lock());
        for (id, sender) in waiting {
            let error = if unsent.contains(&id) { NotSent::Closed.into() } else { lost(why) };
            let _ = sender.send(Err(error));
        }
    }
}

fn lost(why: &str) -> CallError {
    CallError::Lost(why.to_owned())
}
