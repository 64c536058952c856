//! The server's end of one open stream: runs each call in a task of its own.

use super::{
    assembly::{Assembly, Whole},
    outbox::{Batches, Outbox},
};
use crate::{
    frame::{Drain, Frame, Frames, Kind, Message},
    handler::CallHandler,
    limits::{MAX_BODY_BYTES, MAX_HEAD_BYTES},
    peer::PeerInfo,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

/// Refusals that may wait for a client that does not read; then its frames are not read either.
const MAX_QUEUED_FRAMES: usize = 16 * 1024;

/// What all sessions of a process share.
#[derive(Clone)]
pub(crate) struct CallsService {
    pub(crate) handler: CallHandler,
    /// Calls at once in the process.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) slots_per_session: u32,
    pub(crate) stopping: CancellationToken,
}

/// Held from the arrival of a call until its answer has left, so that answers cannot pile up.
struct Slot {
    _session: OwnedSemaphorePermit,
    _process: OwnedSemaphorePermit,
}

impl CallsService {
    /// Starts a session and gives the stream of what it sends.
    pub(crate) fn open(self, peer: PeerInfo, inbound: Streaming<Frames>) -> impl Stream<Item = Result<Frames, Status>> + Send + use<> {
        let outbox = Arc::new(Outbox::new());
        let session = Session {
            slots: Arc::new(Semaphore::new(self.slots_per_session as usize)),
            service: self,
            peer,
            outbox: Arc::clone(&outbox),
            running: Arc::default(),
            assembly: Assembly::new(),
        };
        tokio::spawn(session.run(inbound));
        Batches::new(outbox).map(Ok)
    }
}

/// Owned by its reader task; dropping it aborts what runs and ends the outgoing stream.
struct Session {
    service: CallsService,
    peer: PeerInfo,
    slots: Arc<Semaphore>,
    /// Refusals hold no slot.
    outbox: Arc<Outbox<Option<Slot>>>,
    running: Arc<Mutex<HashMap<u64, AbortHandle>>>,
    assembly: Assembly<Slot>,
}

impl Session {
    /// Serves until the client ends the stream. When the process stops, it tells the client, which ends the stream
    /// after its last answer; the server's own deadline cuts off one that does not.
    async fn run(mut self, mut inbound: Streaming<Frames>) {
        let stopping = self.service.stopping.clone();
        let mut told = false;
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled(), if !told => {
                    told = true;
                    self.send(Frame::new(0, Kind::Drain(Drain {})));
                }
                message = inbound.message() => match message {
                    Ok(Some(frames)) => self.on_frames(frames).await,
                    Ok(None) => return,
                    Err(status) => {
                        tracing::debug!(peer = %self.peer.addr, %status, "call session ended");
                        return;
                    }
                },
            }
        }
    }

    async fn on_frames(&mut self, frames: Frames) {
        for Frame { id, kind } in frames.frames {
            let refusal = match kind {
                Some(Kind::Call(message)) => self.on_call(id, message).err(),
                Some(Kind::Part(part)) => match self.assembly.part(id, &part.body) {
                    Ok(Some(whole)) => self.start(id, whole).err(),
                    Ok(None) => None,
                    Err(unacceptable) => Some(unacceptable.to_string()),
                },
                Some(Kind::Cancel(_)) => {
                    self.cancel(id);
                    None
                }
                Some(Kind::Answer(_) | Kind::Refused(_) | Kind::Failed(_) | Kind::Drain(_)) => None,
                None => Some("frame of a kind unknown to this server".to_owned()),
            };
            if let Some(why) = refusal {
                self.send(Frame::refused(id, why));
                self.outbox.room(MAX_QUEUED_FRAMES).await;
            }
        }
    }

    fn on_call(&mut self, id: u64, message: Message) -> Result<(), String> {
        if self.service.stopping.is_cancelled() {
            return Err("server is stopping".to_owned());
        }
        let slot = self.slot()?;
        match self.assembly.begin(id, message, slot) {
            Ok(Some(whole)) => self.start(id, whole),
            Ok(None) => Ok(()),
            Err(unacceptable) => Err(unacceptable.to_string()),
        }
    }

    fn slot(&self) -> Result<Slot, String> {
        let session = Arc::clone(&self.slots).try_acquire_owned();
        let session = session.map_err(|_| format!("{} calls of this session are under way", self.service.slots_per_session))?;
        let process = Arc::clone(&self.service.slots).try_acquire_owned();
        let process = process.map_err(|_| "too many calls are under way at this server".to_owned())?;
        Ok(Slot { _session: session, _process: process })
    }

    fn start(&self, id: u64, whole: Whole<Slot>) -> Result<(), String> {
        // Held while spawning: the task removes its entry when it is done, which must come after it is put in.
        let mut running = self.running.lock();
        if running.contains_key(&id) {
            return Err("id is already in use".to_owned());
        }
        let Whole { head, body, slot } = whole;
        let handler = Arc::clone(&self.service.handler);
        let peer = self.peer.clone();
        let outbox = Arc::clone(&self.outbox);
        let table = Arc::clone(&self.running);
        let task = tokio::spawn(async move {
            let (head, body) = handler(peer, head, body).await;
            if table.lock().remove(&id).is_some() {
                // An error means that the session ended.
                let _ = outbox.push(answer(id, head, body), Some(slot));
            }
        });
        running.insert(id, task.abort_handle());
        Ok(())
    }

    fn cancel(&mut self, id: u64) {
        self.assembly.forget(id);
        match self.running.lock().remove(&id) {
            Some(task) => task.abort(),
            None => {
                self.outbox.withdraw(id);
            }
        }
    }

    fn send(&self, frame: Frame) {
        // An error means that the session ended.
        let _ = self.outbox.push(frame, None);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for (_, task) in self.running.lock().drain() {
            task.abort();
        }
        self.outbox.finish();
    }
}

fn answer(id: u64, head: Bytes, body: Bytes) -> Frame {
    if head.len() > MAX_HEAD_BYTES {
        return Frame::failed(id, format!("answer's head of {} bytes is longer than {MAX_HEAD_BYTES}", head.len()));
    }
    if body.len() > MAX_BODY_BYTES {
        return Frame::failed(id, format!("answer's body of {} bytes is longer than {MAX_BODY_BYTES}", body.len()));
    }
    Frame::new(id, Kind::Answer(Message::whole(head, body)))
}
