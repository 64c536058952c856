//! Both outputs of a command, as Docker sends them on one stream.
//!
//! ```text
//! frame = stream (0, 1 or 2), 3 zeros, length (4 bytes, big-endian), bytes
//! ```

use crate::output::Tail;

/// Reads frames in whatever pieces they come, and keeps the end of what is in them. What has no frames is taken as it is.
pub(super) struct Outputs {
    kept: Tail,
    head: Vec<u8>,
    /// How much of the current frame is to come.
    left: usize,
    plain: bool,
}

/// Bytes of a frame's head.
const HEAD: usize = 8;

impl Outputs {
    pub(super) fn new(output_max: usize) -> Self {
        Self { kept: Tail::new(output_max), head: Vec::with_capacity(HEAD), left: 0, plain: false }
    }

    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.plain {
                return self.kept.push(bytes);
            }
            if self.left > 0 {
                let (own, rest) = bytes.split_at(self.left.min(bytes.len()));
                self.kept.push(own);
                self.left -= own.len();
                bytes = rest;
                continue;
            }
            let (more, rest) = bytes.split_at((HEAD - self.head.len()).min(bytes.len()));
            self.head.extend_from_slice(more);
            bytes = rest;
            self.begin();
        }
    }

    /// What was kept.
    pub(super) fn finish(mut self) -> Tail {
        self.kept.push(&self.head);
        self.kept
    }

    /// Begins a frame, if all of its head is there.
    fn begin(&mut self) {
        match *self.head {
            [0..=2, 0, 0, 0, a, b, c, d] => {
                self.left = u32::from_be_bytes([a, b, c, d]) as usize;
                self.head.clear();
            }
            [0..=2, 0, 0, 0, ..] | [0..=2, 0, 0] | [0..=2, 0] | [0..=2] => {}
            _ => {
                self.plain = true;
                self.kept.push(&std::mem::take(&mut self.head));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> String {
        let mut outputs = Outputs::new(100);
        pieces.iter().for_each(|piece| outputs.push(piece));
        outputs.finish().text()
    }

    #[test]
    fn what_has_no_frames_is_taken_as_it_is() {
        assert_eq!(read(&[b"plain text"]), "plain text");
        assert_eq!(read(&[b"a", b"b"]), "ab");
        assert_eq!(read(&[b"\x01\0\0\0\0\0\0\x02ab\x01\0"]), "ab\x01\0");
    }

    proptest! {
        #[test]
        fn frames_may_come_in_any_pieces(frames in prop::collection::vec((1..3_u8, "[a-z]{0,5}"), 0..6), size in 1..9_usize) {
            let mut bytes = Vec::new();
            for (stream, text) in &frames {
                bytes.extend([*stream, 0, 0, 0]);
                bytes.extend(u32::try_from(text.len()).unwrap_or(0).to_be_bytes());
                bytes.extend(text.as_bytes());
            }
            let expected: String = frames.iter().map(|(_, text)| text.as_str()).collect();
            prop_assert_eq!(read(&bytes.chunks(size).collect::<Vec<_>>()), expected);
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..40), size in 1..9_usize) {
            let read = read(&bytes.chunks(size).collect::<Vec<_>>());
            prop_assert!(read.chars().count() <= bytes.len());
        }
    }
}
