//! Calls between the processes of one datacenter: the waist's [`dispatch::Peers`] over `wire`, and its other end.
//!
//! [`RpcPeers`] keeps one multiplexed connection to each server and gateway it is asked to call; [`handler`] decodes what comes in,
//! hands it to a dispatcher and encodes the answer. Both ends are authenticated by `ca`'s TLS rules before a byte of a call is read.
//!
//! **Invariant:** which peer to call, and whether to try again, is never decided here.

mod handler;
mod peers;

pub use handler::{Caller, handler};
pub use peers::{RpcPeers, outcome};
