//! What a process knows of the world around it: the map that `route` decides over.

use api::{Attempt, Datacenter};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// What kind of process this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Keeps state.
    #[default]
    Server,
    /// Keeps none; asks servers.
    Client,
    /// Keeps none; asks servers of its own datacenter, and other gateways for theirs.
    Gateway,
}

/// A server or gateway of this datacenter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// Node id (a UUID); empty when it is not known yet.
    pub id: String,
    /// Node name.
    pub name: String,
    /// Where it takes calls.
    pub addr: SocketAddr,
}

/// The map. Small, and replaced as a whole.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// The datacenter this process is in.
    pub here: Option<Datacenter>,
    /// What this process is.
    pub role: Role,
    /// Whether this server leads.
    pub leading: bool,
    /// Who leads, if it is known and somebody else.
    pub leader: Option<Arc<Peer>>,
    /// Live servers of this datacenter, but not this process.
    pub servers: Vec<Arc<Peer>>,
    /// Live gateways of this datacenter, but not this process.
    pub gateways: Vec<Arc<Peer>>,
    /// Feature level of the oldest server; `None` while that is not known. The leader refuses writes above it.
    pub level: Option<u32>,
    /// Other datacenters: empty when there is a way, else what rules each way out.
    pub datacenters: BTreeMap<Datacenter, Vec<Attempt>>,
}
