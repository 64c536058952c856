//! The server agent: raft, state, LAN gossip, the leader's duties, RPC and HTTP, put together.
//!
//! [`Server::bind`] takes every port and opens the data directory, so that whatever is wrong is said before anything runs;
//! [`Server::run`] runs it until it is stopped or told to leave, and winds it down in the reverse order.
//!
//! **Invariant:** wiring and duties only. What an operation means is in `state`, how a call travels in `dispatch`.

mod bootstrap;
mod embed;
mod federation;
mod leader;
mod map;
mod office;
mod pool;
mod queries;
mod running;
mod settings;
mod trusting;

pub use running::{Handle, Server, StartError};
pub use settings::Settings;

/// A server's waist.
pub type Waist = dispatch::Dispatcher<consensus::Consensus, rpc::RpcPeers>;
