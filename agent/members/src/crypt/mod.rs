//! Encryption of packets and stream messages with the pool's keyring (`encrypt`).
//!
//! ```text
//!   0      1      2           6             18
//! +------+------+-----------+-------------+---------------------------+
//! | 0xDE |  1   | key id 4  | nonce 12    | AES-GCM(body) ‖ tag 16    |   sealed
//! +------+------+-----------+-------------+---------------------------+
//! | 0xDE |  0   | body                                                |   plain
//! +------+------+-----------------------------------------------------+
//! ```
//!
//! The key id is the start of SHA-256(key): a reader with many keys tries one. Authenticated with the body are the six
//! bytes before the nonce, the kind of channel and the pool's name, so that no message can be moved to another pool or channel.
//! The nonce is a random 8-byte prefix per process and a 4-byte counter; when the counter is used up the prefix moves on.

mod key;
mod keyring;
mod seal;

pub use key::{GossipKey, KeyError};
pub(crate) use keyring::CAPACITY;
pub use keyring::{Keyring, KeyringError, KeyringOp, KeyringState};
pub use seal::OpenError;
pub(crate) use seal::{Channel, OVERHEAD, Sealer};
