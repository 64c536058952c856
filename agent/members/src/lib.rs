//! Gossip membership: who is in a pool, alive, left or failed, and with which tags.
//!
//! The crate wraps foca (SWIM with suspicion) and adds around it what a Consul-like pool needs: names and tags,
//! push/pull over streams, graceful leave, reaping and reconnecting, Lifeguard, network coordinates, user events, and encryption with a keyring.
//! It is pure: [`Members`] takes inputs and `now` (a [`Duration`](std::time::Duration) since the process started)
//! and hands out [`Effect`]s. Datacenters run it over UDP and TCP, gateways over QUIC, with other parameters.
//!
//! **Invariant:** nothing here reads a clock, opens a socket or draws randomness of its own; no input can make it panic
//! or grow beyond [`Config::max_members`].

mod config;
mod coordinate;
mod crypt;
mod details;
mod directory;
mod effect;
mod evidence;
mod happenings;
mod health;
mod identity;
mod member;
mod members;
mod probe;
mod queue;
mod ring;
mod suspicion;
mod swim;
mod timers;
mod wanted;
mod wire;

pub use config::Config;
pub use coordinate::{Coordinate, DIMENSIONS};
pub use crypt::{GossipKey, KeyError, Keyring, KeyringError, KeyringOp, KeyringState, OpenError};
pub use details::{DetailsError, Me, NAME_MAX, TAG_BYTES_MAX, TAGS_MAX};
pub use effect::{Effect, Purpose, Timer};
pub use evidence::Contact;
pub use happenings::{FireError, USER_EVENT_MAX, UserEvent};
pub use identity::Instance;
pub use member::{Event, Member, Status};
pub use members::{Acquainted, Left, Members, PacketError, StreamError};
pub use timers::Timers;
pub use wire::WireError;
