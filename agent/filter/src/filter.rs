//! The public type: one checked expression, ready to be asked about items.

use serde_json::Value;

use crate::FilterError;
use crate::Reason;
use crate::Schema;
use crate::check;
use crate::grammar;
use crate::limits::MAX_EXPRESSION_BYTES;
use crate::program::Program;

/// A parsed and type-checked filter expression. Cheap to evaluate, `Send + Sync`, immutable.
#[derive(Debug)]
pub struct Filter {
    program: Program,
}

impl Filter {
    /// Parses `expression` for items described by `schema`.
    ///
    /// The empty expression is a syntax error here as in go-bexpr; Consul treats an absent or empty
    /// `filter` parameter as "no filter" before it gets here, and so must the caller.
    ///
    /// # Errors
    ///
    /// Syntax, unknown selector, operator or value that does not fit the field, bad regular expression,
    /// or one of the bounds of this crate. `Display` of the error is the body of Consul's status 500.
    pub fn parse(expression: &str, schema: &Schema) -> Result<Self, FilterError> {
        if expression.len() > MAX_EXPRESSION_BYTES {
            return Err(Reason::TooLong { bytes: expression.len() }.into());
        }
        let expr = grammar::parse(expression)?;
        let program = check::check(&expr, schema)?;
        Ok(Self { program })
    }

    /// Whether `item`, the JSON the API would render, satisfies the expression.
    ///
    /// Absent and null fields count as the zero value of their kind, so that fields left out when empty
    /// behave as Consul's.
    #[must_use]
    pub fn matches(&self, item: &Value) -> bool {
        self.program.eval(item)
    }
}
