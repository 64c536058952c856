//! `NodeInfo`: items of `/v1/internal/ui/nodes`.

use super::Kind::List;
use super::Kind::String;
use super::Kind::Struct;
use super::STRING_MAP;
use super::Schema;
use super::check;
use super::service;

/// Items of `/v1/internal/ui/nodes`: a node with its services and checks.
pub const NODE_INFO: Schema = Schema {
    fields: &[
        ("ID", String),
        ("Node", String),
        ("Address", String),
        ("TaggedAddresses", STRING_MAP),
        ("Meta", STRING_MAP),
        ("Services", List(&Struct(service::FIELDS))),
        ("Checks", List(&Struct(check::FIELDS))),
        // Later than 1.8.7.
        ("PeerName", String),
    ],
};
