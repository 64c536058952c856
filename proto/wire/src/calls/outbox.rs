//! What leaves one end of a session: frames wait here while the HTTP/2 stream is busy and then go in batches.
//!
//! Two lanes: small frames go first, in order; then one piece of one big body, round robin. So many small frames
//! share one wake-up and one write, and a big body costs a small frame at most one piece of waiting.

use crate::{
    frame::{Frame, Frames, Kind, Message, Part},
    limits::{BATCH_BYTES, PIECE_BYTES},
};
use bytes::Bytes;
use futures_util::Stream;
use parking_lot::Mutex;
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};
use tokio::sync::Notify;

/// The queue between those who send and the stream. `S` is held until its frame has left: the server's slot.
pub(crate) struct Outbox<S> {
    lanes: Mutex<Lanes<S>>,
    left: Notify,
}

/// The stream is gone: what was not taken from the queue will never leave.
#[derive(Debug)]
pub(crate) struct Closed;

/// How far a frame had come when it was withdrawn.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Withdrawn {
    /// Nothing of it had left.
    Unsent,
    /// Some or all of it had left.
    Left,
}

struct Lanes<S> {
    small: VecDeque<(Frame, S)>,
    big: VecDeque<Big<S>>,
    bytes: usize,
    closed: bool,
    taker: Option<Waker>,
}

struct Big<S> {
    id: u64,
    /// The frame that opens the body, until it has left.
    opening: Option<Frame>,
    rest: Bytes,
    _slot: S,
}

impl<S> Outbox<S> {
    pub(crate) fn new() -> Self {
        let lanes = Lanes { small: VecDeque::new(), big: VecDeque::new(), bytes: 0, closed: false, taker: None };
        Self { lanes: Mutex::new(lanes), left: Notify::new() }
    }

    /// Queues `frame`; a long body is cut into pieces.
    pub(crate) fn push(&self, frame: Frame, slot: S) -> Result<(), Closed> {
        let taker = {
            let mut lanes = self.lanes.lock();
            if lanes.closed {
                return Err(Closed);
            }
            lanes.push(frame, slot);
            lanes.taker.take()
        };
        if let Some(taker) = taker {
            taker.wake();
        }
        Ok(())
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.lanes.lock().bytes
    }

    /// Takes back what was queued for `id` and has not left.
    pub(crate) fn withdraw(&self, id: u64) -> Withdrawn {
        self.lanes.lock().withdraw(id)
    }

    /// Waits until fewer than `frames` small frames wait. For one waiter at a time.
    pub(crate) async fn room(&self, frames: usize) {
        loop {
            {
                let lanes = self.lanes.lock();
                if lanes.closed || lanes.small.len() < frames {
                    return;
                }
            }
            self.left.notified().await;
        }
    }

    /// Takes no more frames; the stream ends after those that wait.
    pub(crate) fn finish(&self) {
        let taker = {
            let mut lanes = self.lanes.lock();
            lanes.closed = true;
            lanes.taker.take()
        };
        self.left.notify_one();
        if let Some(taker) = taker {
            taker.wake();
        }
    }

    /// Ends the stream at once and gives the ids of which nothing had left.
    pub(crate) fn close(&self) -> Vec<u64> {
        let (small, big) = {
            let mut lanes = self.lanes.lock();
            lanes.closed = true;
            lanes.bytes = 0;
            (std::mem::take(&mut lanes.small), std::mem::take(&mut lanes.big))
        };
        self.finish();
        let unopened = big.iter().filter(|big| big.opening.is_some()).map(|big| big.id);
        small.iter().map(|(frame, _)| frame.id).chain(unopened).collect()
    }

    fn poll_batch(&self, cx: &Context<'_>) -> Poll<Option<Frames>> {
        let mut lanes = self.lanes.lock();
        if let Some(frames) = lanes.batch() {
            drop(lanes);
            self.left.notify_one();
            return Poll::Ready(Some(frames));
        }
        if lanes.closed {
            return Poll::Ready(None);
        }
        lanes.taker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl<S> Lanes<S> {
    fn push(&mut self, frame: Frame, slot: S) {
        self.bytes += frame.weight();
        match frame.kind {
            Some(Kind::Call(message)) if message.body.len() > PIECE_BYTES => {
                self.push_big(frame.id, message, Kind::Call, slot);
            }
            Some(Kind::Answer(message)) if message.body.len() > PIECE_BYTES => {
                self.push_big(frame.id, message, Kind::Answer, slot);
            }
            kind => self.small.push_back((Frame { id: frame.id, kind }, slot)),
        }
    }

    fn push_big(&mut self, id: u64, message: Message, kind: fn(Message) -> Kind, slot: S) {
        let Message { head, mut body, .. } = message;
        let first = body.split_to(PIECE_BYTES.min(body.len()));
        let opening = Frame::new(id, kind(Message { head, body: first, more: body.len() as u64 }));
        self.big.push_back(Big { id, opening: Some(opening), rest: body, _slot: slot });
    }

    fn batch(&mut self) -> Option<Frames> {
        if self.small.is_empty() && self.big.is_empty() {
            return None;
        }
        let mut frames = Vec::with_capacity(self.small.len().min(256) + 1);
        let mut bytes = 0;
        while bytes < BATCH_BYTES
            && let Some((frame, _slot)) = self.small.pop_front()
        {
            bytes += frame.weight();
            frames.push(frame);
        }
        if let Some(mut big) = self.big.pop_front() {
            let piece = big.piece();
            bytes += piece.weight();
            frames.push(piece);
            if !big.rest.is_empty() {
                self.big.push_back(big);
            }
        }
        self.bytes = self.bytes.saturating_sub(bytes);
        Some(Frames { frames })
    }

    fn withdraw(&mut self, id: u64) -> Withdrawn {
        let opens = |kind: &Option<Kind>| matches!(kind, Some(Kind::Call(_) | Kind::Answer(_)));
        if let Some(at) = self.small.iter().position(|(frame, _)| frame.id == id && opens(&frame.kind)) {
            if let Some((frame, _slot)) = self.small.remove(at) {
                self.bytes = self.bytes.saturating_sub(frame.weight());
            }
            return Withdrawn::Unsent;
        }
        let Some(at) = self.big.iter().position(|big| big.id == id) else {
            return Withdrawn::Left;
        };
        let Some(Big { opening, rest, .. }) = self.big.remove(at) else {
            return Withdrawn::Left;
        };
        self.bytes = self.bytes.saturating_sub(rest.len() + opening.as_ref().map_or(0, Frame::weight));
        if opening.is_some() { Withdrawn::Unsent } else { Withdrawn::Left }
    }
}

impl<S> Big<S> {
    fn piece(&mut self) -> Frame {
        self.opening.take().unwrap_or_else(|| {
            let body = self.rest.split_to(PIECE_BYTES.min(self.rest.len()));
            Frame::new(self.id, Kind::Part(Part { body }))
        })
    }
}

/// The stream that tonic writes; ends when the outbox is closed, and finishes it when HTTP/2 drops it.
pub(crate) struct Batches<S>(Arc<Outbox<S>>);

impl<S> Batches<S> {
    pub(crate) const fn new(outbox: Arc<Outbox<S>>) -> Self {
        Self(outbox)
    }
}

impl<S> Drop for Batches<S> {
    fn drop(&mut self) {
        // What waits stays, so that the client can tell its callers that it did not leave.
        self.0.finish();
    }
}

impl<S> Stream for Batches<S> {
    type Item = Frames;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frames>> {
        self.0.poll_batch(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn call(id: u64, body: usize) -> Frame {
        Frame::new(id, Kind::Call(Message::whole(Bytes::from_static(b"h"), Bytes::from(vec![7; body]))))
    }

    fn payload(frame: &Frame) -> usize {
        match frame.kind.as_ref().unwrap() {
            Kind::Call(message) => message.head.len() + message.body.len(),
            Kind::Part(part) => part.body.len(),
            other => panic!("{other:?}"),
        }
    }

    fn take(outbox: &Outbox<()>) -> Option<Vec<(u64, usize)>> {
        match outbox.poll_batch(&Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(frames)) => Some(frames.frames.iter().map(|f| (f.id, payload(f))).collect()),
            Poll::Ready(None) | Poll::Pending => None,
        }
    }

    #[test]
    fn what_was_queued_leaves_together() {
        let outbox = Outbox::new();
        for id in 1..=3 {
            outbox.push(call(id, 10), ()).unwrap();
        }
        assert_eq!(take(&outbox).unwrap(), [(1, 11), (2, 11), (3, 11)]);
        assert_eq!(take(&outbox), None);
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn a_small_frame_waits_for_one_piece_at_most() {
        let outbox = Outbox::new();
        outbox.push(call(1, 3 * PIECE_BYTES), ()).unwrap();
        outbox.push(call(2, 2 * PIECE_BYTES), ()).unwrap();
        assert_eq!(take(&outbox).unwrap(), [(1, PIECE_BYTES + 1)]);
        outbox.push(call(3, 5), ()).unwrap();
        assert_eq!(take(&outbox).unwrap(), [(3, 6), (2, PIECE_BYTES + 1)]);
        assert_eq!(take(&outbox).unwrap(), [(1, PIECE_BYTES)]);
        assert_eq!(take(&outbox).unwrap(), [(2, PIECE_BYTES)]);
        assert_eq!(take(&outbox).unwrap(), [(1, PIECE_BYTES)]);
        assert_eq!(take(&outbox), None);
    }

    #[test]
    fn many_small_frames_do_not_starve_a_big_one() {
        let outbox = Outbox::new();
        for id in 0..100 {
            outbox.push(call(id, 4096), ()).unwrap();
        }
        outbox.push(call(1000, PIECE_BYTES + 1), ()).unwrap();
        let first = take(&outbox).unwrap();
        assert!(first.len() < 20, "{} frames", first.len());
        assert_eq!(first.last(), Some(&(1000, PIECE_BYTES + 1)));
    }

    #[test]
    fn withdrawing_says_whether_anything_left() {
        let outbox = Outbox::new();
        outbox.push(call(1, 10), ()).unwrap();
        outbox.push(call(2, 2 * PIECE_BYTES), ()).unwrap();
        outbox.push(call(3, 2 * PIECE_BYTES), ()).unwrap();
        assert_eq!(outbox.withdraw(1), Withdrawn::Unsent);
        take(&outbox).unwrap();
        assert_eq!(outbox.withdraw(2), Withdrawn::Left);
        assert_eq!(outbox.withdraw(3), Withdrawn::Unsent);
        assert_eq!(outbox.withdraw(4), Withdrawn::Left);
        assert_eq!(take(&outbox), None);
    }

    #[test]
    fn closing_tells_what_never_left() {
        let outbox = Outbox::new();
        outbox.push(call(1, 2 * PIECE_BYTES), ()).unwrap();
        take(&outbox).unwrap();
        outbox.push(call(2, 10), ()).unwrap();
        outbox.push(call(3, 2 * PIECE_BYTES), ()).unwrap();
        assert_eq!(outbox.close(), [2, 3]);
        assert!(outbox.push(call(4, 1), ()).is_err());
    }
}
