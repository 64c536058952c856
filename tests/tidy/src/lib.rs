//! Rules about the project's own files: what may depend on what, what a file may be called and say, what the documents promise.
//!
//! Each module holds one kind of rule: its data (tables that a reviewer can read), and a function from what it looks at to a list of
//! [`Violation`]s. The functions are tried on made-up input beside them, so that a rule that finds nothing is known to be able to;
//! `tests/` applies them to the workspace. A rule is changed by changing its table, in the commit that needs it, with the reason.

pub mod documents;
pub mod files;
pub mod graph;
pub mod layers;
pub mod lock;
pub mod manifests;
pub mod names;
pub mod owners;
pub mod purity;
pub mod samples;
pub mod sleeps;
pub mod source;
pub mod units;
mod violation;
pub mod words;
pub mod workspace;

pub use violation::{Violation, none};
