//! What a rule found.

use std::fmt;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// A path below the workspace's root with a line, or a crate.
    pub place: String,
    /// What is wrong there, and what the rule is.
    pub what: String,
}

impl Violation {
    /// At `place`: `what`.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Fails a test with every violation on a line of its own.
///
/// # Panics
/// If there is any.
#[track_caller]
pub fn none(violations: &[Violation]) {
    let lines: Vec<String> = violations.iter().map(Violation::to_string).collect();
    assert!(violations.is_empty(), "{} violation(s):\n{}", lines.len(), lines.join("\n"));
}
