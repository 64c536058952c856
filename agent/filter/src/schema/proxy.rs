//! Parts shared by service schemas: proxy configuration, weights, tagged addresses, Connect.

use super::Fields;
use super::Kind;
use super::Kind::Bool;
use super::Kind::Int;
use super::Kind::String;
use super::STRING_LIST;

/// `Proxy` and `ServiceProxy`. `Config` is opaque and not selectable.
pub(super) const PROXY: Kind = Kind::Struct(&[
    ("DestinationServiceName", String),
    ("DestinationServiceID", String),
    ("LocalServiceAddress", String),
    ("LocalServicePort", Int),
    ("Upstreams", Kind::List(&UPSTREAM)),
    ("MeshGateway", MESH_GATEWAY),
    ("Expose", EXPOSE),
    // Later than 1.8.7.
    ("Mode", String),
    ("LocalServiceSocketPath", String),
    ("TransparentProxy", TRANSPARENT_PROXY),
    ("MutualTLSMode", String),
]);

/// `Connect` and `ServiceConnect`. `SidecarService` is not selectable.
pub(super) const CONNECT: Kind = Kind::Struct(&[("Native", Bool)]);

/// `Weights` and `ServiceWeights`.
pub(super) const WEIGHTS: Kind = Kind::Struct(&[("Passing", Int), ("Warning", Int)]);

/// `TaggedAddresses` of a service: address and port by tag.
pub(super) const SERVICE_ADDRESSES: Kind = Kind::Map(&SERVICE_ADDRESS);

const SERVICE_ADDRESS: Kind = Kind::Struct(&[("Address", String), ("Port", Int)]);

const UPSTREAM_FIELDS: Fields = &[
    ("DestinationType", String),
    ("DestinationNamespace", String),
    ("DestinationName", String),
    ("Datacenter", String),
    ("LocalBindAddress", String),
    ("LocalBindPort", Int),
    ("MeshGateway", MESH_GATEWAY),
    // Later than 1.8.7.
    ("DestinationPartition", String),
    ("DestinationPeer", String),
    ("LocalBindSocketPath", String),
    ("LocalBindSocketMode", String),
    ("IngressHosts", STRING_LIST),
    ("CentrallyConfigured", Bool),
];
const UPSTREAM: Kind = Kind::Struct(UPSTREAM_FIELDS);

const MESH_GATEWAY: Kind = Kind::Struct(&[("Mode", String)]);

const EXPOSE: Kind = Kind::Struct(&[("Checks", Bool), ("Paths", Kind::List(&EXPOSE_PATH))]);

const EXPOSE_PATH: Kind =
    Kind::Struct(&[("ListenerPort", Int), ("Path", String), ("LocalPathPort", Int), ("Protocol", String), ("ParsedFromCheck", Bool)]);

const TRANSPARENT_PROXY: Kind = Kind::Struct(&[("OutboundListenerPort", Int), ("DialedDirectly", Bool)]);
