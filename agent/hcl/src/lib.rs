//! HCL1 and JSON read into one tree that remembers where every value stood.
//!
//! Agent configuration and ACL rules are written in version 1 of the HashiCorp configuration
//! language. Its grammar is wider than that of version 2: several attributes fit on one line,
//! keys may be quoted, a key may occur twice, and a text that opens with `{` is JSON. A key that
//! occurs more than once becomes one [`List`] marked `repeated`, so every key is in an [`Object`]
//! once. Interpolations `${...}` stay as written.
//!
//! The input may come from strangers: size, depth and number of values are bounded by [`Limits`],
//! and an error names line, column and what was expected there.

mod budget;
mod collect;
mod cursor;
mod error;
mod grammar;
mod heredoc;
mod json;
mod lexer;
mod limits;
mod number;
mod print;
mod quoted;
mod span;
mod token;
mod value;

#[cfg(test)]
mod tests;

pub use error::{ParseError, Problem};
pub use limits::Limits;
pub use print::{to_hcl, to_json};
pub use span::Span;
pub use value::{Key, List, Node, Object, Value};

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// HCL version 1, or JSON when the first character that is not blank is `{`.
    Hcl,
    /// JSON (RFC 8259) whose outermost value is an object.
    Json,
}

impl Format {
    /// The format that a file's name announces: `.hcl` or `.json`, else none.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "hcl" => Some(Self::Hcl),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Reads `text` as HCL1 under the default [`Limits`]; the empty text is an empty object.
///
/// # Errors
/// The first place where the text leaves the grammar or a limit.
pub fn parse_hcl(text: &str) -> Result<Object, ParseError> {
    parse_within(text, Format::Hcl, Limits::default())
}

/// Reads `text` as one JSON object under the default [`Limits`]. Of a repeated name the last
/// value stays, as RFC 8259 section 4 describes of most readers.
///
/// # Errors
/// The first place where the text leaves the grammar or a limit.
pub fn parse_json(text: &str) -> Result<Object, ParseError> {
    parse_within(text, Format::Json, Limits::default())
}

/// Reads `text` in the language `format` under the default [`Limits`].
///
/// # Errors
/// The first place where the text leaves the grammar or a limit.
pub fn parse(text: &str, format: Format) -> Result<Object, ParseError> {
    parse_within(text, format, Limits::default())
}

/// Reads `text` in the language `format` under limits of the caller's choice.
///
/// # Errors
/// The first place where the text leaves the grammar or a limit.
pub fn parse_within(text: &str, format: Format, limits: Limits) -> Result<Object, ParseError> {
    if text.len() > limits.bytes {
        return Err(ParseError::new(Span::START, Problem::TooLong { bytes: text.len(), limit: limits.bytes }));
    }
    match format {
        Format::Json => json::document(text, limits, collect::Duplicates::KeepLast),
        Format::Hcl if text.trim_start().starts_with('{') => json::document(text, limits, collect::Duplicates::Gather),
        Format::Hcl => grammar::document(text, limits),
    }
}
