//! Why an expression was refused, in Consul's words.

use crate::limits::MAX_EXPRESSION_BYTES;
use crate::limits::MAX_NESTING;
use crate::limits::MAX_PATTERNS;
use crate::quote::quote;

/// An expression that cannot be used. `Display` is the whole text Consul answers with status 500.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Failed to create boolean expression evaluator: {reason}")]
pub struct FilterError {
    reason: Reason,
}

impl FilterError {
    /// What exactly is wrong, for callers that distinguish.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

impl From<Reason> for FilterError {
    fn from(reason: Reason) -> Self {
        Self { reason }
    }
}

/// What is wrong with an expression. All variants are ordinary user mistakes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The text is not an expression. One line per fault, each `line:column (offset): …`, columns
    /// counted in characters and offsets in bytes.
    #[error("{0}")]
    Syntax(String),
    /// The selector names no field. Holds its dotted form up to and including the unknown part.
    #[error("Selector {} is not valid", quote(.0))]
    InvalidSelector(String),
    /// The field does not support the operator.
    #[error("Invalid match operator {} for selector {}", quote(.operator), quote(.selector))]
    InvalidOperator {
        /// Go-bexpr's name of the operator, such as `Is Empty`.
        operator: &'static str,
        /// The dotted selector.
        selector: String,
    },
    /// The value cannot be read as the kind of the field.
    #[error("Failed to coerce value {} for selector {}: {cause}", quote(.value), quote(.selector))]
    Coercion {
        /// The value as written, unquoted.
        value: String,
        /// The dotted selector.
        selector: String,
        /// Which conversion failed and how.
        cause: String,
    },
    /// The right side of `matches` is not an RE2 expression, or too large a one.
    #[error("Failed to compile regular expression {}: {cause}", quote(.pattern))]
    Pattern {
        /// The pattern as written, unquoted.
        pattern: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Longer than [`MAX_EXPRESSION_BYTES`].
    #[error("Expression of {bytes} bytes exceeds the limit of {MAX_EXPRESSION_BYTES}")]
    TooLong {
        /// Length of the expression.
        bytes: usize,
    },
    /// Parentheses nest deeper than [`MAX_NESTING`].
    #[error("Parentheses nest deeper than the limit of {MAX_NESTING}")]
    TooDeep,
    /// More regular expressions than [`MAX_PATTERNS`].
    #[error("Number of regular expressions exceeds the limit of {MAX_PATTERNS}")]
    TooManyPatterns,
}
