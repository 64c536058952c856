//! The reading position, what was expected at the farthest failure, and faults found on the way.

use std::collections::BTreeSet;

use crate::Reason;
use crate::ast::Expr;

/// Faults are reported even if another alternative would match later; so many at most.
const MAX_FAULTS: usize = 64;

/// Parser state. Rules are methods; a rule that fails leaves the position where it found it, except
/// the plain terminals, which consume nothing on failure anyway.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Open parentheses.
    pub(super) depth: usize,
    /// Set once when nesting is too deep; from then on every rule runs out by itself.
    pub(super) too_deep: bool,
    /// While set, failures are not remembered.
    quiet: bool,
    farthest: usize,
    /// Rendered as Go would, so that the set's order is the order of the message.
    expected: BTreeSet<String>,
    end_expected: bool,
    faults: Vec<Fault>,
}

#[derive(PartialEq, Eq)]
struct Fault {
    at: usize,
    rule: &'static str,
    message: &'static str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            too_deep: false,
            quiet: false,
            farthest: 0,
            expected: BTreeSet::new(),
            end_expected: false,
            faults: Vec::new(),
        }
    }

    /// The result of the whole parse, given what the start rule returned.
    pub(super) fn finish(self, expr: Option<Expr>) -> Result<Expr, Reason> {
        if self.too_deep {
            return Err(Reason::TooDeep);
        }
        match expr {
            Some(expr) if self.faults.is_empty() => Ok(expr),
            _ => Err(Reason::Syntax(self.report())),
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    /// The text between a remembered position and here.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Everything not yet read.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips bytes of `rest()` that the caller has looked at.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = self.text.len().min(self.at + bytes);
    }

    /// A fixed text.
    pub(super) fn literal(&mut self, literal: &str) -> bool {
        if self.rest().starts_with(literal) {
            self.at += literal.len();
            return true;
        }
        self.fail(|| format!("{literal:?}"));
        false
    }

    /// One ASCII character of a class; `class` is its notation in error texts.
    pub(super) fn class(&mut self, class: &str, is_member: impl Fn(u8) -> bool) -> bool {
        if self.rest().bytes().next().is_some_and(is_member) {
            self.at += 1;
            return true;
        }
        self.fail(|| class.to_owned());
        false
    }

    /// One or more characters of white space.
    pub(super) fn space(&mut self) -> bool {
        let start = self.at;
        self.optional_space();
        self.at > start
    }

    pub(super) fn optional_space(&mut self) {
        while self.class("[ \\t\\r\\n]", |b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {}
    }

    /// The end of the text.
    pub(super) fn end(&mut self) -> bool {
        if self.rest().is_empty() {
            return true;
        }
        if self.reach() {
            self.end_expected = true;
        }
        false
    }

    /// Runs a rule without remembering its failures.
    pub(super) fn quietly<T>(&mut self, rule: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.quiet, true);
        let result = rule(self);
        self.quiet = before;
        result
    }

    /// Remembers a fault at `at`; the parse as a whole will be refused, whatever else matches.
    pub(super) fn fault(&mut self, at: usize, rule: &'static str, message: &'static str) {
        let fault = Fault { at, rule, message };
        if self.faults.len() < MAX_FAULTS && !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    fn fail(&mut self, want: impl FnOnce() -> String) {
        if self.reach() {
            self.expected.insert(want());
        }
    }

    /// Whether a failure here counts; forgets what was expected before if nobody got this far.
    fn reach(&mut self) -> bool {
        if self.quiet || self.at < self.farthest {
            return false;
        }
        if self.at > self.farthest {
            self.farthest = self.at;
            self.expected.clear();
            self.end_expected = false;
        }
        true
    }

    fn report(&self) -> String {
        if self.faults.is_empty() {
            return format!("{}: no match found, expected: {}", self.position(self.farthest), self.expectation());
        }
        let lines: Vec<String> =
            self.faults.iter().map(|fault| format!("{}: rule {:?}: {}", self.position(fault.at), fault.rule, fault.message)).collect();
        lines.join("\n")
    }

    /// `a, b or c`, the end of the text last.
    fn expectation(&self) -> String {
        let end = self.end_expected.then_some("EOF");
        let mut wants: Vec<&str> = self.expected.iter().map(String::as_str).chain(end).collect();
        match (wants.pop(), wants.is_empty()) {
            (None, _) => String::new(),
            (Some(only), true) => only.to_owned(),
            (Some(last), false) => format!("{} or {last}", wants.join(", ")),
        }
    }

    /// `line:column (offset)` of a byte offset. A line break counts as column 0 of the line it starts.
    fn position(&self, at: usize) -> String {
        let (mut line, mut column) = (1, 0);
        let up_to_here = self.text.char_indices().take_while(|(i, _)| *i <= at);
        for (_, c) in up_to_here {
            column += 1;
            if c == '\n' {
                line += 1;
                column = 0;
            }
        }
        if at >= self.text.len() {
            column += 1;
        }
        format!("{line}:{column} ({at})")
    }
}
