//! What is wrong with a configuration.

use std::fmt;

use crate::Origin;

/// One thing the operator has to correct. Prints as `file.hcl:3:7: message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it was said; none when something is missing or comes from a default.
    pub origin: Option<Origin>,
    /// The key in dotted form, such as `ports.dns`; empty for a text that cannot be read.
    pub key: String,
    /// What is wrong, naming the key; never repeats a secret.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "{origin}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// A configuration that cannot be used: every mistake in it, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The mistakes, those of single texts first, then those of the whole.
    pub mistakes: Vec<Mistake>,
    /// The warnings there would have been beside them.
    pub warnings: Vec<String>,
}

impl fmt::Display for Invalid {
    /// The list form that Consul's users know from it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.len() {
            1 => f.write_str("1 error occurred:")?,
            n => write!(f, "{n} errors occurred:")?,
        }
        for mistake in &self.mistakes {
            write!(f, "\n\t* {mistake}")?;
        }
        f.write_str("\n\n")
    }
}

impl std::error::Error for Invalid {}
