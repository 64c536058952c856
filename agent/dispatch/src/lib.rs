//! The waist: every edge calls in here, and one path leads on.
//!
//! ```text
//! Dispatcher::call ── route ─┬─ Here ──── Read:  View ► evaluate ► (wait) ─┐
//!                            │            Write: permit ► propose ► apply  ├─ Answer
//!                            │            Local: ask the process           │
//!                            └─ away ──── Peers::send ► the same, there ───┘
//! ```
//!
//! Forwarding, tokens, blocking reads, indexes, retries and errors are written here once, for HTTP, DNS, gRPC and ourselves.
//! [`Store`] publishes snapshots of the state and wakes who waits for what changed; answers are kept encoded and shared.
//!
//! **Invariants:** no socket, no file; of tokio only `sync` and `time`. Nothing here names an operation, except that a single key is
//! cheaper to read than to look up in a cache. A write is repeated only when its refusal proves that it was not processed.

mod admission;
mod agent_cache;
mod cache;
mod departure;
mod dispatcher;
mod flight;
mod holds;
mod kept_back;
mod local;
mod log;
mod map;
mod peers;
mod question;
mod read;
mod route;
mod store;
mod topics;
mod tracing;

pub use admission::{Admission, Limits};
pub use dispatcher::{Dispatcher, Settings};
pub use flight::Flights;
pub use holds::Holds;
pub use local::{LocalCall, LocalDesk, Locals, locals};
pub use log::{Contact, Log, NoLog, Proposed};
pub use map::{Map, Peer, Role};
pub use peers::{NoPeers, Peers};
pub use route::{Hop, route};
pub use store::Store;
pub use topics::{Registration, Topics};
pub use tracing::{SPAN_TARGET, Timing, Tracer};
