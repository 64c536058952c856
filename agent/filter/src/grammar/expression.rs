//! `or`, `and`, `not` and parentheses, loosest first.

use super::cursor::Cursor;
use crate::ast::Expr;
use crate::limits::MAX_NESTING;

impl Cursor<'_> {
    /// The whole text, with or without parentheses around all of it.
    pub(super) fn input(&mut self) -> Option<Expr> {
        // The grammar tries this form first; it matters for what is reported as expected.
        self.optional_space();
        if self.literal("(") {
            self.optional_space();
            if let Some(expr) = self.or() {
                self.optional_space();
                if self.literal(")") {
                    self.optional_space();
                    if self.end() {
                        return Some(expr);
                    }
                }
            }
        }
        self.back_to(0);
        self.optional_space();
        let expr = self.or()?;
        self.optional_space();
        self.end().then_some(expr)
    }

    fn or(&mut self) -> Option<Expr> {
        self.chain("or", Self::and, Expr::Or)
    }

    fn and(&mut self) -> Option<Expr> {
        self.chain("and", Self::not, Expr::And)
    }

    /// `operand (word operand)*`. The original is right recursive, which evaluates to the same.
    fn chain(&mut self, word: &str, operand: fn(&mut Self) -> Option<Expr>, join: fn(Vec<Expr>) -> Expr) -> Option<Expr> {
        let first = operand(self)?;
        let mut more = Vec::new();
        loop {
            let end = self.at();
            let next = if self.space() && self.literal(word) && self.space() { operand(self) } else { None };
            match next {
                Some(next) => more.push(next),
                None => {
                    self.back_to(end);
                    break;
                }
            }
        }
        if more.is_empty() {
            return Some(first);
        }
        more.insert(0, first);
        Some(join(more))
    }

    /// Any number of `not` before an operand. A `not` that leads nowhere is tried as a selector or
    /// value (`not in Tags` looks for the tag "not"), innermost first.
    fn not(&mut self) -> Option<Expr> {
        let mut nots = Vec::new();
        loop {
            let start = self.at();
            if self.literal("not") && self.space() {
                nots.push(start);
            } else {
                self.back_to(start);
                break;
            }
        }
        loop {
            if let Some(expr) = self.grouping() {
                let negated = nots.len() % 2 == 1;
                return Some(if negated { negate(expr) } else { expr });
            }
            let start = nots.pop()?;
            self.back_to(start);
        }
    }

    fn grouping(&mut self) -> Option<Expr> {
        let start = self.at();
        if !self.literal("(") {
            return self.comparison();
        }
        if self.depth == MAX_NESTING {
            self.too_deep = true;
            self.back_to(start);
            return None;
        }
        self.depth += 1;
        self.optional_space();
        let expr = self.or();
        self.depth -= 1;
        if expr.is_some() {
            self.optional_space();
            if self.literal(")") {
                return expr;
            }
            self.fault(self.at(), "grouping", "Unmatched parentheses");
        }
        self.back_to(start);
        None
    }
}

fn negate(expr: Expr) -> Expr {
    match expr {
        Expr::Not(inner) => *inner,
        expr => Expr::Not(Box::new(expr)),
    }
}
