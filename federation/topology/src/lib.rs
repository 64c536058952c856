//! What is known of the federation's datacenters, and the way to each of them.
//!
//! [`Topology`] takes rows announced by gateways, departures, call outcomes and QUIC path samples, and answers: which
//! gateway is the next hop for a datacenter, in which order datacenters come, which server to ask there, and why not.
//! A gateway process keeps the rows of remote gateways in it; a server keeps those its local gateways announce. Both are
//! keyed by (gateway, datacenter), so one core serves both.
//!
//! The crate is pure: `now` (time since any fixed start) and seeds are arguments, nothing here waits or sends.
//!
//! **Invariant:** a forgotten or withdrawn datacenter is never a next hop, and no input makes the maps grow past
//! [`Limits`].

/// Closed, open, half-open: whether a path may be tried.
mod breaker;
/// Tunables and the published withdrawal bound.
mod config;
/// One datacenter: its rows merged, its phase.
mod datacenter;
/// Everything known about one datacenter, as data for operators.
mod explain;
/// Validated names.
mod name;
/// The refusal to route, with what was tried.
mod no_path;
/// The order of datacenters and failover candidates.
mod order;
/// What QUIC reports of the path to a gateway.
mod path;
/// Choosing a gateway.
mod route;
/// What a gateway announces, and what is kept of it.
mod row;
/// The owner of all of it: inputs.
mod topology;
/// When a datacenter is withdrawn, and when it returns.
mod withdrawal;

pub use breaker::BreakerConfig;
pub use config::Config;
pub use config::Limits;
pub use config::WITHDRAWAL_BOUND;
pub use explain::BreakerState;
pub use explain::Explanation;
pub use explain::GatewayExplanation;
pub use explain::ServerExplanation;
pub use name::BadName;
pub use name::Datacenter;
pub use name::GatewayName;
pub use name::ServerName;
pub use no_path::Cause;
pub use no_path::NoPath;
pub use no_path::Reason;
pub use no_path::Tried;
pub use order::DatacenterInfo;
pub use path::PathSample;
pub use route::Hop;
pub use row::CallFailure;
pub use row::Departure;
pub use row::GatewayRow;
pub use row::Server;
pub use topology::ForgetError;
pub use topology::Refused;
pub use topology::Topology;
pub use withdrawal::Phase;
pub use withdrawal::WithdrawalConfig;

#[cfg(test)]
mod tests;
