//! `ServiceNode`: items of `/v1/catalog/service/:s` and `/v1/catalog/connect/:s`.

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

/// Items of `/v1/catalog/service/:s` and `/v1/catalog/connect/:s`.
pub const CATALOG_SERVICE: Schema = Schema { fields: FIELDS };

const FIELDS: Fields = &[
    ("ID", String),
    ("Node", String),
    ("Address", String),
    ("Datacenter", String),
    ("TaggedAddresses", STRING_MAP),
    ("NodeMeta", STRING_MAP),
    ("ServiceKind", String),
    ("ServiceID", String),
    ("ServiceName", String),
    ("ServiceTags", STRING_LIST),
    ("ServiceAddress", String),
    ("ServiceTaggedAddresses", SERVICE_ADDRESSES),
    ("ServiceWeights", WEIGHTS),
    ("ServiceMeta", STRING_MAP),
    ("ServicePort", Int),
    ("ServiceEnableTagOverride", Bool),
    ("ServiceProxy", PROXY),
    ("ServiceConnect", CONNECT),
    // Later than 1.8.7.
    ("ServiceSocketPath", String),
    ("ServiceLocality", LOCALITY),
    ("PeerName", String),
];
