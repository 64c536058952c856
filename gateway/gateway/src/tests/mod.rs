//! Whole gateways on loopback: real QUIC, real gossip, and stand-ins for the servers of each datacenter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// Calls between datacenters: there and back, refused, bounded, blocked.
mod calls;
/// A network path that can be cut.
mod cut;
/// A gateway within a server.
mod embedded;
/// A gateway that dies, a path that heals.
mod failure;
/// Joining: with the right secret, another, none.
mod joining;
/// Queries that find nothing in their own datacenter.
mod queries;
/// A server with its own LAN member and RPC port.
mod server;
/// What strangers and other datacenters may not do.
mod strangers;
/// What servers are told.
mod view;
/// Datacenters, their authorities and gateways.
pub(crate) mod world;
