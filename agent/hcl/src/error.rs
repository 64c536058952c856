//! Why a text was refused.
//!
//! No message repeats a value or an identifier of the text: an unquoted one may be a secret.

use crate::Span;

/// The place of the first mistake and what it is. Prints as `At 1:17: expected ..., got ...`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("At {span}: {problem}")]
pub struct ParseError {
    /// Where the offending piece starts.
    pub span: Span,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a text. Every variant happens in normal life.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Something else should stand here.
    #[error("expected {expected}, got {got}")]
    Expected {
        /// What the grammar allows, in words.
        expected: &'static str,
        /// What stands there, by kind or first character.
        got: String,
    },
    /// A string, comment or heredoc runs to the end of the line or the text.
    #[error("{what} not terminated, expected {expected}")]
    Unterminated {
        /// `string`, `comment` or `heredoc`.
        what: &'static str,
        /// What would have ended it.
        expected: &'static str,
    },
    /// A backslash in a string is followed by something that is no escape.
    #[error("illegal escape, expected {expected}")]
    Escape {
        /// The escapes that are possible here.
        expected: &'static str,
    },
    /// Digits that form no number, or one that does not fit 64 bits.
    #[error("invalid number: {reason}")]
    Number {
        /// Why it is refused.
        reason: &'static str,
    },
    /// The text is longer than the limit; nothing of it was read.
    #[error("text of {bytes} bytes, expected at most {limit}")]
    TooLong {
        /// Length of the text in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Lists, objects and labels are nested too deeply.
    #[error("nested too deeply, expected at most {limit} levels")]
    TooDeep {
        /// The limit in levels.
        limit: u32,
    },
    /// The text holds too many values.
    #[error("too many values, expected at most {limit}")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },
}

impl ParseError {
    pub(crate) fn new(span: Span, problem: Problem) -> Self {
        Self { span, problem }
    }

    pub(crate) fn expected(span: Span, expected: &'static str, got: impl Into<String>) -> Self {
        let got = got.into();
        Self::new(span, Problem::Expected { expected, got })
    }

    pub(crate) fn number(span: Span, reason: &'static str) -> Self {
        Self::new(span, Problem::Number { reason })
    }
}
