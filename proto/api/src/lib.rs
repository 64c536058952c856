//! What can be asked of a datacenter, and what comes back: words only.
//!
//! An operation is said once: one struct that derives both the wire form (prost) and the JSON form (serde), and one row in
//! [`operations!`], from which everything generic is generated. [`Call`] is the envelope each operation travels in, whichever edge
//! it entered by; [`http`] is the syntax that Consul's clients speak.
//!
//! **Invariant:** no I/O, no clock, no runtime, no state. Nothing here knows what an operation means.

pub mod agent;
mod answer;
mod caching;
mod call;
pub mod catalog;
pub mod coordinate;
mod error;
pub mod event;
pub mod federation;
pub mod health;
pub mod http;
pub mod keyring;
pub mod kv;
pub mod operator;
mod permission;
pub mod query;
mod table;
mod trace;
pub mod translate;
pub mod txn;

pub use answer::{Answer, AnswerHead, Encoded, Meta};
pub use caching::{CachePolicy, Caching, Freshness};
pub use call::{Call, CallHead, Consistency, Datacenter, MAX_HOPS, Token, Wait};
pub use error::{Attempt, Code, Error};
pub use permission::{Access, Need, Resource};
pub use table::{Class, Envelope, Local, OPERATIONS, Op, Read, Reply, ReplyEnvelope, Retry, Row, Scope, Write};
pub use trace::Trace;

/// One thing a client can ask for.
pub trait Operation: prost::Message + Into<Op> + Default {
    /// Span name and metric label, e.g. `kv.put`.
    const NAME: &'static str;
    /// What comes back.
    type Reply: prost::Message + Default;
    /// Picks this operation's reply out of the closed set.
    ///
    /// # Errors
    /// [`Code::Protocol`] when the reply belongs to another operation: a bug of the server that sent it.
    fn take(reply: Reply) -> Result<Self::Reply, Error>;
}
