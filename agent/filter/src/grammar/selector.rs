//! Selectors: `A.B`, `A["k"]` and the JSON pointer `"/A/B"`.

use super::cursor::Cursor;
use crate::ast::Selector;

impl Cursor<'_> {
    /// `Identifier ( "." Identifier | "[" string "]" )*`
    pub(super) fn selector(&mut self) -> Option<Selector> {
        let mut parts = vec![self.identifier()?];
        while let Some(part) = self.member().or_else(|| self.index()) {
            parts.push(part);
        }
        Some(Selector(parts))
    }

    /// `"/A/B"`, added after go-bexpr 0.1.2. Failures go unmentioned: error texts speak of the
    /// older forms only.
    pub(super) fn json_pointer(&mut self) -> Option<Selector> {
        let (inside, _) = self.rest().strip_prefix("\"/")?.split_once('"')?;
        let mut parts = Vec::new();
        for part in inside.split('/') {
            if part.is_empty() || !part.chars().all(is_pointer_char) {
                return None;
            }
            // RFC 6901 section 4: first ~1, then ~0.
            parts.push(part.replace("~1", "/").replace("~0", "~"));
        }
        self.skip(inside.len() + 3);
        Some(Selector(parts))
    }

    fn identifier(&mut self) -> Option<String> {
        let start = self.at();
        if !self.class("[a-zA-Z]", |b| b.is_ascii_alphabetic()) {
            return None;
        }
        while self.class("[a-zA-Z0-9_]", |b| b.is_ascii_alphanumeric() || b == b'_') {}
        Some(self.since(start).to_owned())
    }

    fn member(&mut self) -> Option<String> {
        let start = self.at();
        if self.literal(".")
            && let Some(name) = self.identifier()
        {
            return Some(name);
        }
        self.back_to(start);
        None
    }

    fn index(&mut self) -> Option<String> {
        let start = self.at();
        if !self.literal("[") {
            return None;
        }
        self.optional_space();
        let inside = self.at();
        match self.string() {
            Some(key) => {
                self.optional_space();
                if self.literal("]") {
                    return Some(key);
                }
                self.fault(self.at(), "index", "Unclosed index expression");
            }
            None => self.fault(inside, "index", "Invalid index"),
        }
        self.back_to(start);
        None
    }
}

fn is_pointer_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '|')
}
