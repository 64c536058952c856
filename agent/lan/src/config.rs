//! What a LAN driver needs to start, and how starting can fail.

use std::io;
use std::net::SocketAddr;

use members::{Config, DetailsError, Keyring, Me};

use crate::{KeyringFile, KeyringFileError};

/// Configuration of one LAN pool member.
#[derive(Clone, Debug)]
pub struct LanConfig {
    /// Where to listen, UDP and TCP. Port 0 takes any port that is free for both.
    pub bind: SocketAddr,
    /// What others are told to reach us at; `None`: what was bound. Port 0 stands for the bound port.
    pub advertise: Option<SocketAddr>,
    /// Parameters of the pool.
    pub members: Config,
    /// Who we are; `addr` is replaced by the advertised address.
    pub me: Me,
    /// Gossip keys, primary first; empty: not encrypted.
    pub keyring: Keyring,
    /// Where the keyring is kept. If the file exists it wins over `keyring`, else it is written at start.
    pub keyring_file: Option<KeyringFile>,
    /// Port of join addresses that name none (8301).
    pub join_port: u16,
}

/// Why the driver did not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The port is taken, or the address is not ours.
    #[error("failed to listen for gossip on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    /// `0.0.0.0` or `[::]` is nowhere others could send to.
    #[error("gossip needs an advertise address, {0} is none")]
    Advertise(SocketAddr),
    /// The keyring file is unreadable or malformed.
    #[error(transparent)]
    Keyring(#[from] KeyringFileError),
    /// Our name, tags or key are not acceptable.
    #[error(transparent)]
    Me(#[from] DetailsError),
}
