//! Values: bare words, numbers, quoted strings.

use super::cursor::Cursor;
use crate::quote::unquote;

impl Cursor<'_> {
    /// The text of a value. A bare word is read by the rule for selectors, hence `a.b` is one too.
    pub(super) fn value(&mut self) -> Option<String> {
        if let Some(word) = self.selector() {
            return Some(word.dotted(word.0.len()));
        }
        self.number().or_else(|| self.string())
    }

    /// A backquoted or double-quoted string, unquoted. A bad escape is a fault but still a string.
    pub(super) fn string(&mut self) -> Option<String> {
        let start = self.at();
        let quote = if self.literal("`") {
            '`'
        } else if self.literal("\"") {
            '"'
        } else {
            return None;
        };
        let Some((inside, _)) = self.rest().split_once(quote) else {
            let end = start + 1 + self.rest().len();
            self.fault(end, "string", "Unterminated string literal");
            self.back_to(start);
            return None;
        };
        self.skip(inside.len() + 1);
        if quote == '`' {
            return Some(inside.replace('\r', ""));
        }
        // A backslash does not hide a quote from the grammar: `"a\"b"` ends after the backslash.
        let text = unquote(inside);
        if text.is_none() {
            self.fault(start, "string", "invalid syntax");
        }
        Some(text.unwrap_or_default())
    }

    /// `-`? digits without a leading zero, an optional fraction, then space, `)` or the end.
    fn number(&mut self) -> Option<String> {
        let start = self.at();
        self.literal("-");
        if !self.digits() {
            self.back_to(start);
            return None;
        }
        let end = self.at();
        let is_ended = self.space() || self.end() || self.literal(")");
        self.back_to(end);
        if !is_ended {
            self.fault(end, "number", "Invalid number literal");
            self.back_to(start);
            return None;
        }
        Some(self.since(start).to_owned())
    }

    fn digits(&mut self) -> bool {
        if !self.literal("0") {
            if !self.class("[1-9]", |b| matches!(b, b'1'..=b'9')) {
                return false;
            }
            while self.digit() {}
        }
        let end = self.at();
        if !(self.literal(".") && self.digit()) {
            self.back_to(end);
            return true;
        }
        while self.digit() {}
        true
    }

    fn digit(&mut self) -> bool {
        self.class("[0-9]", |b| b.is_ascii_digit())
    }
}
