//! What operations mean. Deterministic: the same log gives the same state on every server.
//!
//! [`State`] is a handful of persistent maps, so a clone is a snapshot that costs a few pointer copies. Reads reach it only through a
//! [`View`], narrowed to what a token may see, which records what was touched; writes only as [`Permitted`], through
//! [`State::apply`]. Both exist once, so permission, filtering, `X-Consul-Index` and blocking are written once.
//!
//! **Invariants:** no clock, no task, no randomness: stamp and seed come with the log entry. Ordered maps only, since hash order must
//! not reach snapshots or replies. No topic's index ever falls.

mod apply;
mod authority;
mod autopilot;
mod ca;
mod catalog;
mod coordinate;
mod federation;
mod health;
mod kv;
mod permit;
mod query;
mod snapshot;
mod topic;
mod txn;
mod view;

pub use apply::{Applied, Apply, At, Change, State};
pub use authority::Authority;
pub use catalog::prepared_service;
pub use permit::{Needs, Permitted, permit};
pub use query::arrange;
pub use snapshot::{RestoreError, Restorer};
pub use topic::{Table, Topic, Touch};
pub use view::{Evaluate, Seen, View, evaluate};
