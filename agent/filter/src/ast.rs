//! The syntax tree: what was written, not yet checked against a schema.

/// A boolean expression. Chains of one operator are flat, so depth is bounded by the nesting of
/// parentheses and not by the length of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expr {
    /// All of two or more.
    And(Vec<Self>),
    /// Any of two or more.
    Or(Vec<Self>),
    /// Negation; never directly holds another `Not`.
    Not(Box<Self>),
    /// One test of one selector.
    Match(Match),
}

/// `selector operator value`, in whichever order it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) selector: Selector,
    pub(crate) operator: Operator,
    /// Unquoted text; empty for the emptiness tests.
    pub(crate) value: String,
}

/// Names from the item down to the tested field; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector(pub(crate) Vec<String>);

impl Selector {
    /// The first `parts` names joined by dots, the form error texts use.
    pub(crate) fn dotted(&self, parts: usize) -> String {
        let parts = self.0.get(..parts).unwrap_or(&self.0);
        parts.join(".")
    }
}

/// What is tested. `contains` is `in` with the operands exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    In,
    NotIn,
    IsEmpty,
    IsNotEmpty,
    Matches,
    NotMatches,
}

impl Operator {
    /// The name used in error texts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Equal => "Equal",
            Self::NotEqual => "Not Equal",
            Self::In => "In",
            Self::NotIn => "Not In",
            Self::IsEmpty => "Is Empty",
            Self::IsNotEmpty => "Is Not Empty",
            Self::Matches => "Matches",
            Self::NotMatches => "Not Matches",
        }
    }
}
