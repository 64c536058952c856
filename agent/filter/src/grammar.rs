//! Text to syntax tree: a hand-written form of go-bexpr's parsing expression grammar.
//!
//! Error texts list what was expected at the farthest position any alternative reached, so each rule
//! tries the same alternatives in the same order as the original. What the original parses twice only
//! to take a shorter alternative is parsed once here: the second pass cannot reach farther, and without
//! memory it doubles per parenthesis.

mod comparison;
mod cursor;
mod expression;
mod literal;
mod selector;

use crate::Reason;
use crate::ast::Expr;
use cursor::Cursor;

/// Parses a whole expression.
///
/// # Errors
///
/// [`Reason::Syntax`] or [`Reason::TooDeep`].
pub(crate) fn parse(text: &str) -> Result<Expr, Reason> {
    let mut cursor = Cursor::new(text);
    let expr = cursor.input();
    cursor.finish(expr)
}
