//! The DNS edge over a log in memory: its answers, what it keeps, and what it bounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod bounds;
mod forms;
mod kept;
mod mesh;
mod oracle;
mod places;
mod recursion;
mod world;
