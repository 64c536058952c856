//! Consul's `?filter=` expressions: parse, type check, evaluate.
//!
//! An expression such as `Service.Port == 80 and primary in Service.Tags` is parsed once against the
//! [`Schema`] of the listed object and then asked about each item, given as the JSON the API renders.
//! Syntax, operators per kind, coercions and error texts are those of Consul 1.8.7 (go-bexpr 0.1.2);
//! JSON pointer selectors (`"/Meta/key"`) come from later versions. Deliberate differences: an
//! absent or null object reads as its zero value (Consul 1.8.7 drops the connection there), and length,
//! nesting and regular expressions are bounded.
//!
//! Pipeline: `grammar` → `ast` → `check` (selectors, operators, values) → `program`.

mod ast;
mod check;
mod coerce;
mod error;
mod filter;
mod grammar;
mod limits;
mod pattern;
mod program;
mod quote;
pub mod schema;

pub use error::FilterError;
pub use error::Reason;
pub use filter::Filter;
pub use limits::MAX_EXPRESSION_BYTES;
pub use limits::MAX_NESTING;
pub use limits::MAX_PATTERNS;
pub use pattern::Pattern;
pub use pattern::PatternError;
pub use schema::Kind;
pub use schema::Schema;
