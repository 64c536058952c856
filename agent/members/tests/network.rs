//! The core on a virtual network: many members, a clock, latency, loss and partitions, all from one seed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "network/world.rs"]
#[allow(dead_code, reason = "the large pools use the rest")]
mod world;

#[path = "network/coordinates.rs"]
mod coordinates;
#[path = "network/events.rs"]
mod events;
#[path = "network/failure.rs"]
mod failure;
#[path = "network/join.rs"]
mod join;
#[path = "network/keys.rs"]
mod keys;
#[path = "network/leave.rs"]
mod leave;
#[path = "network/lifeguard.rs"]
mod lifeguard;
#[path = "network/partition.rs"]
mod partition;
#[path = "network/strangers.rs"]
mod strangers;
