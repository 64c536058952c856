//! The DNS edge: Consul's names over UDP and TCP, answered by calls through the waist.
//!
//! ```text
//! message ─ Query ─┬─ prepared, and still true ──────────────────────────────┬─ assemble ─ message
//!                  └─ place ─ Asked ─ calls ─ answer ─ Response ─ Prepared ──┘
//!                        └─ not ours ─ recursors ───────────────────────────────────── message
//! ```
//!
//! A name is read ([`Asked`]), looked up with the operations that HTTP uses too, and the reply made a [`Response`]: which records, what
//! belongs to what. In wire form ([`Prepared`]) it is kept as long as nothing changes that it was made from, and put together anew for
//! each client: in an order of its own, as long as the client takes. What others replied is kept while a blocking read of the same waits
//! for a change, so that a name of another datacenter costs one request there, however many ask.
//!
//! **Invariants:** nothing here knows a table, a leader or a way to another datacenter. hickory's codec is known here alone. No message,
//! whoever sends it, makes this panic, wait or grow without a bound: questions looked up, connections and kept answers are counted.

mod answer;
mod assemble;
mod basis;
mod cache;
mod clients;
mod config;
mod counters;
mod datagrams;
mod edge;
mod listener;
mod lookup;
mod prepared;
mod query;
mod record;
mod recursor;
mod resolve;
mod server;
mod subject;
mod tcp;
mod udp;
mod zone;

pub use assemble::{Limits, Scratch};
pub use config::{DnsConfig, Recursors, Ttl};
pub use counters::Counters;
pub use listener::{BindError, Bound};
pub use prepared::Prepared;
pub use query::{Query, Unfit, plain, refusal};
pub use record::{Data, Entry, Fact, Rcode, Response, Soa, SoaTimes, kind};
pub use server::DnsServer;
pub use subject::{Asked, Subject, reversed};
pub use zone::{InvalidZone, Place, Zone, Zones};
