//! `NodeService` and `AgentService`, which select alike.

use super::Fields;
use super::Kind::Bool;
use super::Kind::Int;
use super::Kind::String;
use super::LOCALITY;
use super::STRING_LIST;
use super::STRING_MAP;
use super::Schema;
use super::proxy::CONNECT;
use super::proxy::PROXY;
use super::proxy::SERVICE_ADDRESSES;
use super::proxy::WEIGHTS;

/// Values of `Services` in `/v1/catalog/node/:n`.
pub const NODE_SERVICE: Schema = Schema { fields: FIELDS };

/// Items of `Services` in `/v1/catalog/node-services/:n`; the same fields as [`NODE_SERVICE`].
pub const NODE_SERVICES: Schema = NODE_SERVICE;

/// Values of `/v1/agent/services`; the same fields as [`NODE_SERVICE`].
pub const AGENT_SERVICE: Schema = NODE_SERVICE;

pub(super) const FIELDS: Fields = &[
    ("Kind", String),
    ("ID", String),
    ("Service", String),
    ("Tags", STRING_LIST),
    ("Address", String),
    ("TaggedAddresses", SERVICE_ADDRESSES),
    ("Meta", STRING_MAP),
    ("Port", Int),
    ("Weights", WEIGHTS),
    ("EnableTagOverride", Bool),
    ("Proxy", PROXY),
    ("Connect", CONNECT),
    // Later than 1.8.7; `Datacenter` on agents only.
    ("SocketPath", String),
    ("PeerName", String),
    ("Locality", LOCALITY),
    ("Datacenter", String),
];
