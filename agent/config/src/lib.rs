//! The agent's configuration: many sources, one set of concrete structs, every mistake at once.
//!
//! The way is `Source` texts and command line [`Flags`] → settings checked against the table of
//! known keys → merged (last scalar wins, lists append, maps merge by key) → one `resolve` per
//! subsystem, each returning its struct and its mistakes → [`Config`] or all [`Mistake`]s with
//! file, line, column and key. Keys, types, defaults and message texts are Consul's; a known key
//! without effect here is accepted with a warning.
//!
//! Nothing is global and nothing but [`load`] touches the machine: hostname and addresses are
//! given as [`Host`]. Secrets are [`Secret`] and [`GossipKey`], which never print.

mod acl;
mod address;
mod addresses;
mod agent;
mod autopilot;
mod cidr;
mod decode;
mod dns;
mod duration;
mod flags;
mod gateway;
mod gossip;
mod host;
mod http;
mod join;
mod limits;
pub mod load;
mod local;
mod log;
mod mistake;
mod node;
mod performance;
mod ports;
mod raft;
mod reader;
mod registration;
mod reload;
mod schema;
mod secret;
mod settings;
mod source;
mod sources;
mod telemetry;
mod tls;
mod validate;
mod watches;

#[cfg(test)]
mod tests;

pub use acl::{Acl, AclTokens, DefaultPolicy, DownPolicy};
pub use addresses::{Addresses, Endpoint};
pub use agent::{Config, Inputs, resolve};
pub use autopilot::Autopilot;
pub use cidr::Cidr;
pub use dns::{Dns, RecursorStrategy, Soa};
pub use flags::{FlagError, Flags};
pub use gateway::{GatewayConfig, GatewayPorts, resolve_gateway};
pub use gossip::{Gossip, GossipKey, GossipTiming};
pub use host::Host;
pub use http::Http;
pub use join::{Join, RetryJoin};
pub use limits::{Limits, RequestLimits, RequestLimitsMode};
pub use local::{CheckRedirects, Definition, Local};
pub use log::{Level, Log};
pub use mistake::{Invalid, Mistake};
pub use node::{Node, NodeId};
pub use performance::Performance;
pub use ports::Ports;
pub use raft::Raft;
pub use registration::registrations;
pub use reload::{Reloaded, reload, reload_gateway};
pub use secret::Secret;
pub use source::{Origin, Source};
pub use telemetry::Telemetry;
pub use tls::{Tls, TlsStanza, TlsVersion};
pub use validate::validate;
pub use watches::{Watch, WatchHandler};
