//! The gateway of a datacenter: it joins the datacenter to the others of the federation.
//!
//! ```text
//!  server ──calls, WatchTopology──► gateway ═══ QUIC: gossip, calls, announcements ═══ gateway ──calls──► server
//!                                   (role `gateway` in the LAN pool, `<node>.<dc>` in the WAN pool)
//! ```
//!
//! [`Gateway::bind`] takes the ports, [`Gateway::run`] serves, a [`Handle`] asks and commands. A server may embed one
//! ([`Gateway::embed`]). Calls pass through with their bodies undecoded; the pure crates `topology` and `members` decide, this crate
//! waits and carries.
//!
//! **Invariant:** nothing crosses a datacenter's border but over verified gateway identities, and never an operation that only
//! servers and gateways of one datacenter may ask of each other, except the request for a datacenter's intermediate.

/// Server lists, told and asked for.
mod announce;
/// Pauses between tries.
mod backoff;
/// What is counted.
mod counters;
/// What is known of other datacenters.
mod federation;
/// Bind, embed, run.
mod gateway;
/// To speak with a gateway.
mod handle;
/// What other gateways ask.
mod inbound;
/// What the LAN pool says.
mod lan_watch;
/// Our own servers.
mod locals;
/// The operation of an opaque body.
mod operation;
/// Calls on their way.
mod relay;
/// What our own datacenter asks.
mod rpc_port;
/// What a gateway is told.
mod settings;
/// Certificates and joining.
mod trust;
/// The WAN pool.
mod wan;

pub use counters::CounterValues;
pub use gateway::{BindError, Gateway};
pub use handle::Handle;
pub use settings::{Embedded, GatewaySettings, Limits, Ports};
pub use trust::Standing;

#[cfg(test)]
mod tests;
