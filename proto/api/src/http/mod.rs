//! HTTP is a syntax for calls: parsed one way, rendered the other. Pure, so both are table-tested.
//!
//! An edge [`find`]s the endpoint first, since the endpoint says how large a body it takes; then it reads the body, [`parse`]s, calls,
//! and [`render`]s. Everything that all endpoints share (`dc`, tokens, consistency, blocking, `pretty`, headers, methods) is here;
//! what one family has of its own is in the file of that family.

#![expect(clippy::result_large_err, reason = "a rejection is a whole response: made once per bad request, and then written")]

mod agent;
mod body;
mod caching;
mod catalog;
mod context;
mod coordinate;
mod decode;
pub mod definitions;
pub mod duration;
mod event;
mod health;
mod keyring;
mod kv;
mod local;
mod operator;
mod parse;
mod prepared;
mod query;
mod render;
mod request;
mod response;
mod route;
mod routes;
mod select;
mod shapes;
mod token;
mod txn;
mod virtual_ip;
mod watched;
mod written;

pub(crate) use body::base64;
pub use body::{base64_or_null, duration_ms, duration_ns, go_float, go_floats, null_if_empty, opaque};
pub use caching::note_freshness;
pub use context::Context;
pub use local::service_value;
pub use parse::{Parsed, parse};
pub use query::{Query, plain_path};
pub use render::render;
pub use request::Origin;
pub(crate) use request::{Asked, Request};
pub use response::{Rejected, Style, text};
pub(crate) use response::{bad_request, empty, rejected};
pub use routes::{Found, find};
pub use written::{Pieces, Written};

#[cfg(test)]
mod tests;
