//! The LAN driver: carries a [`gossip::Pool`] over UDP packets and TCP streams on one port.
//!
//! [`Lan::bind`] takes the port, [`Lan::run`] is the one task that owns the pool, and a cloneable [`LanHandle`] speaks to it.
//! Applications read the member list from a `watch` and changes from a bounded `broadcast`.
//!
//! **Invariant:** everything here is bounded: requests that wait, streams in flight, bytes per stream, time per stream, events kept.
//! What does not fit is refused or dropped, and gossip makes up for it. All rules of membership are in the core.

mod calling;
mod carrier;
mod config;
mod driver;
mod frame;
mod handle;
mod join;
mod keyring;
mod keyring_file;
mod retry_join;
mod serving;
mod sockets;

pub use config::{BindError, LanConfig};
pub use driver::Lan;
pub use gossip::{LeaveError, Stopped};
pub use handle::{FireEventError, LanHandle, SetTagsError};
pub use join::{JoinError, JoinFailure};
pub use keyring::{KeyringAnswer, KeyringOpError};
pub use keyring_file::{KeyringFile, KeyringFileError};
pub use retry_join::{RetryJoin, RetryJoinError};
