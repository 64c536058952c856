//! Walks a text character by character and counts lines and columns.

use crate::Span;

/// A place in a text. A carriage return before a line feed is not seen: both count as one `\n`.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// The next character, if any.
    pub(crate) fn peek(&self) -> Option<char> {
        let rest = self.rest();
        if rest.starts_with("\r\n") {
            return Some('\n');
        }
        rest.chars().next()
    }

    /// The text from here on.
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes the next character.
    pub(crate) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        if next == '\n' {
            self.at += if self.rest().starts_with('\r') { 2 } else { 1 };
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else {
            self.at += next.len_utf8();
            self.column = self.column.saturating_add(1);
        }
        Some(next)
    }

    /// Takes the next character if it is `wanted`.
    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.bump();
        }
        found
    }

    /// Takes characters as long as `accept` likes them.
    pub(crate) fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&accept) {
            self.bump();
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The empty span here.
    pub(crate) fn here(&self) -> Span {
        Span { start: self.at, end: self.at, line: self.line, column: self.column }
    }

    /// From `start` to here.
    pub(crate) fn since(&self, start: Span) -> Span {
        start.to(self.here())
    }
}

/// How an error names the next character.
pub(crate) fn describe(next: Option<char>) -> String {
    match next {
        Some('\n') => "end of line".to_owned(),
        Some(next) => format!("{next:?}"),
        None => "end of text".to_owned(),
    }
}
