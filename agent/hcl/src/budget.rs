//! What is left of the limits while a text is read.

use crate::{Limits, ParseError, Problem, Span};

/// Counts values and levels against [`Limits`].
pub(crate) struct Budget {
    limits: Limits,
    values: usize,
    depth: u32,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, values: 0, depth: 0 }
    }

    /// Accounts for one more value at `span`.
    pub(crate) fn value(&mut self, span: Span) -> Result<(), ParseError> {
        self.values += 1;
        if self.values > self.limits.values {
            let limit = self.limits.values;
            return Err(ParseError::new(span, Problem::TooManyValues { limit }));
        }
        Ok(())
    }

    /// Goes one level down at `span`; [`Budget::leave`] comes back up.
    pub(crate) fn enter(&mut self, span: Span) -> Result<(), ParseError> {
        if self.depth >= self.limits.depth {
            let limit = self.limits.depth;
            return Err(ParseError::new(span, Problem::TooDeep { limit }));
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self, levels: u32) {
        self.depth = self.depth.saturating_sub(levels);
    }
}
