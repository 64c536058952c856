//! What is kept of an output, and how a cut shows.

use std::collections::VecDeque;

/// The last `max` bytes of what goes in, and how many there were.
#[derive(Debug)]
pub(crate) struct Tail {
    kept: VecDeque<u8>,
    max: usize,
    total: u64,
}

impl Tail {
    pub(crate) fn new(max: usize) -> Self {
        Self { kept: VecDeque::new(), max, total: 0 }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.total = self.total.saturating_add(bytes.len() as u64);
        let last = bytes.get(bytes.len().saturating_sub(self.max)..).unwrap_or(bytes);
        let overflow = (self.kept.len() + last.len()).saturating_sub(self.max);
        self.kept.drain(..overflow.min(self.kept.len()));
        self.kept.extend(last);
    }

    /// How many bytes went in.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// What was kept; what is no UTF-8 shows as U+FFFD.
    pub(crate) fn text(&self) -> String {
        let (head, tail) = self.kept.as_slices();
        let bytes = [head, tail].concat();
        // A cut may leave the rest of a character in front.
        let cut = self.total > self.max as u64;
        let broken = if cut { bytes.iter().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count() } else { 0 };
        String::from_utf8_lossy(bytes.get(broken..).unwrap_or_default()).into_owned()
    }

    /// [`Self::text`], under a line that says how much is missing.
    pub(crate) fn text_with_count(&self) -> String {
        if self.total <= self.max as u64 {
            return self.text();
        }
        format!("Captured {} of {} bytes\n...\n{}", self.max, self.total, self.text())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_missing_is_said() {
        let mut tail = Tail::new(10);
        tail.push(b"0123456789abcdefghij\n");
        assert_eq!(tail.text_with_count(), "Captured 10 of 21 bytes\n...\nbcdefghij\n");
    }

    #[test]
    fn characters_are_not_cut_in_two() {
        let mut tail = Tail::new(4);
        tail.push("ab€cd".as_bytes());
        assert_eq!(tail.text(), "cd");
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        let mut tail = Tail::new(64);
        tail.push(b"\xffa\xff\xfe\0b\xc3");
        assert_eq!(tail.text(), "\u{FFFD}a\u{FFFD}\u{FFFD}\0b\u{FFFD}");
    }

    proptest! {
        #[test]
        fn the_last_bytes_stay(pieces in prop::collection::vec(prop::collection::vec(0_u8..0x80, 0..40), 0..20), max in 1..100_usize) {
            let mut tail = Tail::new(max);
            pieces.iter().for_each(|piece| tail.push(piece));
            let all = pieces.concat();
            prop_assert_eq!(tail.total(), all.len() as u64);
            prop_assert_eq!(tail.text().into_bytes(), &all[all.len().saturating_sub(max)..]);
        }
    }
}
