//! The end of an output.

/// Bytes kept of what a handler writes.
const KEPT: usize = 4 * 1024;

/// Keeps the last 4 KiB of what is pushed, and counts all of it.
#[derive(Debug, Default)]
pub struct Tail {
    bytes: Vec<u8>,
    total: usize,
}

impl Tail {
    /// Adds to it.
    pub fn push(&mut self, bytes: &[u8]) {
        self.total = self.total.saturating_add(bytes.len());
        self.bytes.extend_from_slice(bytes);
        let surplus = self.bytes.len().saturating_sub(KEPT);
        self.bytes.drain(..surplus);
    }

    /// What is kept, as text; begins with what was lost of it.
    #[must_use]
    pub fn text(&self) -> String {
        let kept = String::from_utf8_lossy(&self.bytes);
        match self.total > self.bytes.len() {
            true => format!("Captured {} of {} bytes\n...\n{kept}", self.bytes.len(), self.total),
            false => kept.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_the_rest_counted() {
        let mut tail = Tail::default();
        assert_eq!(tail.text(), "");
        tail.push(b"abc");
        assert_eq!(tail.text(), "abc");
        tail.push(&[b'x'; KEPT - 1]);
        assert_eq!(tail.text(), format!("Captured 4096 of 4098 bytes\n...\nc{}", "x".repeat(KEPT - 1)));
    }
}
