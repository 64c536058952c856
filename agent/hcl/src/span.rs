//! Where in a text something stands.

use std::fmt;

/// A stretch of a text. Prints as `line:column` of its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Byte offset of the first character.
    pub start: usize,
    /// Byte offset behind the last character.
    pub end: usize,
    /// Line of the first character, counted from 1; 0 for what no text contains.
    pub line: u32,
    /// Column of the first character in characters, counted from 1.
    pub column: u32,
}

impl Span {
    /// The empty span before the first character.
    pub const START: Self = Self { start: 0, end: 0, line: 1, column: 1 };

    /// From the start of `self` to the end of `last`.
    #[must_use]
    pub fn to(self, last: Self) -> Self {
        Self { end: last.end.max(self.start), ..self }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
