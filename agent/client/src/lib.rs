//! The client agent: LAN gossip, HTTP, and no state of its own. What is asked of it, it asks of the servers that gossip shows.
//!
//! [`Client::bind`] takes every port, [`Client::run`] runs it until it is stopped or told to leave. [`Servers`] decides which servers
//! calls are spread over, [`ServerPeers`] carries them there and leaves a server that is gone at once.
//!
//! **Invariant:** a call is answered by a server or refused; nothing is kept here that could be out of date.

mod map;
mod office;
mod peers;
mod running;
mod servers;

pub use peers::ServerPeers;
pub use running::{Client, Handle, StartError};
pub use servers::Servers;

/// A client's waist.
pub type Waist = dispatch::Dispatcher<dispatch::NoLog, ServerPeers>;
