//! Texts that hold configuration, and where in them something was said.

use std::fmt;
use std::sync::Arc;

use hcl::{Format, Span};

/// One configuration text.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// The path of the file or another name by which messages call the text.
    pub name: String,
    /// The text.
    pub text: String,
    /// Its language.
    pub format: Format,
}

impl fmt::Debug for Source {
    /// Leaves the text out: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("bytes", &self.text.len()).field("format", &self.format).finish()
    }
}

/// Where a setting comes from. Prints as `file.hcl:3:7` or `flag -bind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source's name.
    pub source: Arc<str>,
    /// The place in the source's text; a flag has none.
    pub span: Option<Span>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.span {
            Some(span) => write!(f, "{}:{span}", self.source),
            None => f.write_str(&self.source),
        }
    }
}
