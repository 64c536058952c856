//! `Node`: items of `/v1/catalog/nodes`.

use super::Fields;
use super::Kind::String;
use super::LOCALITY;
use super::STRING_MAP;
use super::Schema;

/// Items of `/v1/catalog/nodes`.
pub const NODE: Schema = Schema { fields: FIELDS };

pub(super) const FIELDS: Fields = &[
    ("ID", String),
    ("Node", String),
    ("Address", String),
    ("Datacenter", String),
    ("TaggedAddresses", STRING_MAP),
    ("Meta", STRING_MAP),
    // Later than 1.8.7.
    ("PeerName", String),
    ("Locality", LOCALITY),
];
