//! Puts bodies together that arrive in pieces. Pure: frames in, whole messages out.

use crate::{
    frame::Message,
    limits::{MAX_ASSEMBLING_BYTES, MAX_BODY_BYTES, MAX_HEAD_BYTES},
};
use bytes::{Bytes, BytesMut};
use std::collections::HashMap;

/// Payloads up to this size are copied out of the receive buffer, bytes: a call that waits for minutes must not keep
/// alive the buffer that it happened to arrive in.
const COPIED_BYTES: usize = 4096;

/// Messages of one direction of a session of which pieces are missing. `S` goes with its message.
pub(crate) struct Assembly<S> {
    open: HashMap<u64, Partial<S>>,
    announced: usize,
}

/// A message that is complete.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Whole<S> {
    pub(crate) head: Bytes,
    pub(crate) body: Bytes,
    pub(crate) slot: S,
}

/// A message that this end does not put together. Normal under load, or a broken peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unacceptable {
    #[error("head of {0} bytes is longer than {MAX_HEAD_BYTES}")]
    Head(usize),
    #[error("body of {0} bytes is longer than {MAX_BODY_BYTES}")]
    Body(u64),
    #[error("too many big bodies are under way on this connection")]
    Busy,
    #[error("more body than was announced")]
    Overrun,
    #[error("id is already in use")]
    Reused,
}

struct Partial<S> {
    head: Bytes,
    body: BytesMut,
    len: usize,
    slot: S,
}

impl<S> Assembly<S> {
    pub(crate) fn new() -> Self {
        Self { open: HashMap::new(), announced: 0 }
    }

    /// The frame that opens a message; gives the message when nothing is to follow.
    pub(crate) fn begin(&mut self, id: u64, message: Message, slot: S) -> Result<Option<Whole<S>>, Unacceptable> {
        let Message { head, body, more } = message;
        if head.len() > MAX_HEAD_BYTES {
            return Err(Unacceptable::Head(head.len()));
        }
        let announced = more.saturating_add(body.len() as u64);
        let len = match usize::try_from(announced) {
            Ok(len) if len <= MAX_BODY_BYTES => len,
            _ => return Err(Unacceptable::Body(announced)),
        };
        if self.open.contains_key(&id) {
            return Err(Unacceptable::Reused);
        }
        if more == 0 {
            return Ok(Some(Whole { head: unpin(head), body: unpin(body), slot }));
        }
        if self.announced + len > MAX_ASSEMBLING_BYTES {
            return Err(Unacceptable::Busy);
        }
        self.announced += len;
        let mut whole = BytesMut::with_capacity(len);
        whole.extend_from_slice(&body);
        self.open.insert(id, Partial { head: unpin(head), body: whole, len, slot });
        Ok(None)
    }

    /// A further piece; gives the message when it was the last. A piece of an unknown id is dropped: its message was refused or cancelled.
    pub(crate) fn part(&mut self, id: u64, piece: &[u8]) -> Result<Option<Whole<S>>, Unacceptable> {
        let Some(partial) = self.open.get_mut(&id) else {
            return Ok(None);
        };
        let len = partial.body.len() + piece.len();
        if len > partial.len {
            self.forget(id);
            return Err(Unacceptable::Overrun);
        }
        partial.body.extend_from_slice(piece);
        if len < partial.len {
            return Ok(None);
        }
        Ok(self.remove(id).map(|Partial { head, body, slot, .. }| Whole { head, body: body.freeze(), slot }))
    }

    /// Gives up message `id`.
    pub(crate) fn forget(&mut self, id: u64) {
        self.remove(id);
    }

    fn remove(&mut self, id: u64) -> Option<Partial<S>> {
        let partial = self.open.remove(&id)?;
        self.announced -= partial.len;
        Some(partial)
    }
}

fn unpin(bytes: Bytes) -> Bytes {
    if bytes.len() <= COPIED_BYTES { Bytes::copy_from_slice(&bytes) } else { bytes }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::{
        calls::outbox::{Batches, Outbox},
        frame::{Frame, Frames, Kind},
        limits::PIECE_BYTES,
    };
    use futures_util::{FutureExt as _, StreamExt as _};
    use proptest::prelude::*;
    use prost::Message as _;
    use std::sync::Arc;

    fn opening(body: usize, more: u64) -> Message {
        Message { head: Bytes::new(), body: Bytes::from(vec![1; body]), more }
    }

    #[test]
    fn bounds_are_kept() {
        let mut assembly = Assembly::new();
        let max = MAX_BODY_BYTES as u64;
        assert_eq!(assembly.begin(1, opening(1, max), ()), Err(Unacceptable::Body(max + 1)));
        assert_eq!(assembly.begin(1, opening(1, u64::MAX), ()), Err(Unacceptable::Body(u64::MAX)));
        for id in 0..4 {
            assert_eq!(assembly.begin(id, opening(1, max - 1), ()), Ok(None));
        }
        assert_eq!(assembly.begin(5, opening(1, 1), ()), Err(Unacceptable::Busy));
        assert_eq!(assembly.begin(0, opening(1, 1), ()), Err(Unacceptable::Reused));
        assembly.forget(0);
        assert_eq!(assembly.begin(5, opening(1, 1), ()), Ok(None));
        assert_eq!(assembly.part(5, b"xyz"), Err(Unacceptable::Overrun));
        assert_eq!(assembly.part(5, b"x"), Ok(None), "forgotten after the overrun");
    }

    /// What a stranger may send: bytes, and frames that are well-formed but make no sense.
    fn feed(assembly: &mut Assembly<()>, frames: Frames) {
        for Frame { id, kind } in frames.frames {
            match kind {
                Some(Kind::Call(message) | Kind::Answer(message)) => drop(assembly.begin(id, message, ())),
                Some(Kind::Part(part)) => drop(assembly.part(id, &part.body)),
                Some(_) | None => assembly.forget(id),
            }
            assert!(assembly.announced <= MAX_ASSEMBLING_BYTES);
            assert_eq!(assembly.announced, assembly.open.values().map(|partial| partial.len).sum::<usize>());
        }
    }

    fn any_frame() -> impl Strategy<Value = Frame> {
        let message = (any::<u8>(), 0..64_usize, prop_oneof![Just(0), 0..200_u64, any::<u64>()]).prop_map(|(fill, len, more)| Message {
            head: Bytes::new(),
            body: vec![fill; len].into(),
            more,
        });
        let part = (0..64_usize).prop_map(|len| crate::frame::Part { body: vec![0; len].into() });
        let kind = prop_oneof![
            message.clone().prop_map(Kind::Call),
            message.prop_map(Kind::Answer),
            part.prop_map(Kind::Part),
            Just(Kind::Cancel(crate::frame::Cancel {})),
        ];
        (0..6_u64, proptest::option::of(kind)).prop_map(|(id, kind)| Frame { id, kind })
    }

    /// Any length, and those around a whole number of pieces.
    fn body_len() -> impl Strategy<Value = usize> {
        let edge = (1..5_usize, 0..3_usize).prop_map(|(pieces, off)| pieces * PIECE_BYTES + off - 1);
        prop_oneof![0..100_usize, 0..400_000_usize, edge]
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(frames) = Frames::decode(bytes.as_slice()) {
                feed(&mut Assembly::new(), frames);
            }
        }

        #[test]
        fn senseless_frames_never_panic(frames in proptest::collection::vec(any_frame(), 0..60)) {
            feed(&mut Assembly::new(), Frames { frames });
        }

        #[test]
        fn what_is_cut_is_put_together(lens in proptest::collection::vec(body_len(), 1..12)) {
            let outbox = Arc::new(Outbox::new());
            let body = |id: usize| Bytes::from(vec![id as u8; lens[id]]);
            for id in 0..lens.len() {
                let head = Bytes::from(id.to_string());
                outbox.push(Frame::new(id as u64, Kind::Answer(Message::whole(head, body(id)))), ()).unwrap();
            }
            let mut batches = Batches::new(Arc::clone(&outbox));
            let mut assembly = Assembly::new();
            let mut seen = 0;
            while let Some(Some(frames)) = batches.next().now_or_never() {
                let encoded = frames.encode_to_vec();
                prop_assert!(encoded.len() <= crate::limits::MAX_FRAMES_BYTES);
                for Frame { id, kind } in Frames::decode(encoded.as_slice()).unwrap().frames {
                    let whole = match kind {
                        Some(Kind::Answer(message)) => assembly.begin(id, message, ()).unwrap(),
                        Some(Kind::Part(part)) => assembly.part(id, &part.body).unwrap(),
                        other => panic!("{other:?}"),
                    };
                    if let Some(whole) = whole {
                        prop_assert_eq!(&whole.head, &id.to_string());
                        prop_assert_eq!(whole.body, body(id as usize));
                        seen += 1;
                    }
                }
            }
            prop_assert_eq!(seen, lens.len());
            prop_assert_eq!(outbox.bytes(), 0);
        }
    }
}
