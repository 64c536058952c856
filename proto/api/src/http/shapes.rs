//! What Consul's Go types take of nodes, services and checks.

use super::decode::Shape::{self, Bool, Bytes, Duration, Enterprise, Float, Int, List, Map, Named, Opaque, Peer, String, Uint};
use super::decode::Struct;

const fn strict(name: &'static str, fields: &'static [(&'static str, Shape)]) -> Struct {
    Struct { name, fields, aliases: &[], lenient: false, snake: false, without: &[] }
}

pub(crate) const STRINGS: Shape = List("[]string", &String);
pub(crate) const PAIRS: Shape = Map("map[string]string", &String);
pub(crate) const LOCALITY: Shape = Shape::Struct(&strict("structs.Locality", &[("Region", String), ("Zone", String)]));

/// Body of `/v1/catalog/register`.
pub(crate) const REGISTER: Shape = Shape::Struct(&strict(
    "structs.RegisterRequest",
    &[
        ("Datacenter", String),
        ("ID", Named("types.NodeID")),
        ("Node", String),
        ("Address", String),
        ("TaggedAddresses", PAIRS),
        ("NodeMeta", PAIRS),
        ("Service", SERVICE),
        ("Check", CHECK),
        ("Checks", List("structs.HealthChecks", &CHECK)),
        ("SkipNodeUpdate", Bool),
        ("Locality", LOCALITY),
        ("PeerName", Peer),
        ("CreateIndex", Uint),
        ("ModifyIndex", Uint),
        // The token stands in the header or the query, where every call has it.
        ("Token", String),
        ("Namespace", Enterprise),
        ("Partition", Enterprise),
    ],
));

/// Body of `/v1/catalog/deregister`.
pub(crate) const DEREGISTER: Shape = Shape::Struct(&strict(
    "",
    &[
        ("Datacenter", String),
        ("Node", String),
        ("Address", String),
        ("ServiceID", String),
        ("CheckID", String),
        ("Namespace", Enterprise),
        ("Partition", Enterprise),
    ],
));

/// Body of `/v1/internal/service-virtual-ip`.
pub(crate) const ASSIGN_VIRTUAL_IPS: Shape =
    Shape::Struct(&strict("structs.AssignServiceManualVIPsRequest", &[("Service", String), ("ManualVIPs", STRINGS)]));

/// Body of `/v1/coordinate/update`.
pub(crate) const COORDINATE_UPDATE: Shape = Shape::Struct(&strict(
    "structs.CoordinateUpdateRequest",
    &[
        ("Datacenter", String),
        ("Node", String),
        ("Segment", String),
        ("Coord", COORDINATE),
        // As in a registration.
        ("Token", String),
        ("Partition", Enterprise),
    ],
));

const COORDINATE: Shape = Shape::Struct(&strict(
    "coordinate.Coordinate",
    &[("Vec", List("[]float64", &Float)), ("Error", Float), ("Adjustment", Float), ("Height", Float)],
));

const SERVICE: Shape = Shape::Struct(&strict("structs.NodeService", SERVICE_FIELDS));

const SERVICE_FIELDS: &[(&str, Shape)] = &[
    ("Kind", Named("structs.ServiceKind")),
    ("ID", String),
    ("Service", String),
    ("Tags", STRINGS),
    ("Address", String),
    ("SocketPath", String),
    ("TaggedAddresses", Map("map[string]structs.ServiceAddress", &ADDRESS)),
    ("Meta", PAIRS),
    ("Port", Int),
    ("Ports", List("structs.ServicePorts", &PORT)),
    ("Weights", WEIGHTS),
    ("EnableTagOverride", Bool),
    ("PeerName", Peer),
    ("Proxy", PROXY),
    ("Connect", Shape::Struct(&strict("structs.ServiceConnect", &[("Native", Bool)]))),
    ("Locality", LOCALITY),
    ("CreateIndex", Uint),
    ("ModifyIndex", Uint),
    ("Namespace", Enterprise),
    ("Partition", Enterprise),
];

pub(crate) const WEIGHTS: Shape = Shape::Struct(&strict("structs.Weights", &[("Passing", Int), ("Warning", Int)]));
pub(crate) const ADDRESS: Shape = Shape::Struct(&strict("structs.ServiceAddress", &[("Address", String), ("Port", Int)]));
pub(crate) const PORT: Shape = Shape::Struct(&strict("structs.ServicePort", &[("Name", String), ("Port", Int), ("Default", Bool)]));

/// Definitions of services say it in snake case too.
const fn either(name: &'static str, fields: &'static [(&'static str, Shape)]) -> Struct {
    Struct { snake: true, ..strict(name, fields) }
}

pub(crate) const PROXY: Shape = Shape::Struct(&either(
    "structs.ConnectProxyConfig",
    &[
        ("DestinationServiceName", String),
        ("DestinationServiceID", String),
        ("LocalServiceAddress", String),
        ("LocalServicePort", Int),
        ("LocalServiceSocketPath", String),
        ("Mode", Named("structs.ProxyMode")),
        ("Config", Opaque),
        ("Upstreams", List("structs.Upstreams", &UPSTREAM)),
        ("MeshGateway", MESH_GATEWAY),
        ("Expose", Shape::Struct(&either("structs.ExposeConfig", &[("Checks", Bool), ("Paths", List("[]structs.ExposePath", &EXPOSED))]))),
    ],
));

const UPSTREAM: Shape = Shape::Struct(&either(
    "structs.Upstream",
    &[
        ("DestinationType", String),
        ("DestinationNamespace", Enterprise),
        ("DestinationPartition", Enterprise),
        ("DestinationName", String),
        ("Datacenter", String),
        ("LocalBindAddress", String),
        ("LocalBindPort", Int),
        ("LocalBindSocketPath", String),
        ("LocalBindSocketMode", String),
        ("Config", Opaque),
        ("MeshGateway", MESH_GATEWAY),
    ],
));

const MESH_GATEWAY: Shape = Shape::Struct(&strict("structs.MeshGatewayConfig", &[("Mode", Named("structs.MeshGatewayMode"))]));

const EXPOSED: Shape = Shape::Struct(&either(
    "structs.ExposePath",
    &[("ListenerPort", Int), ("Path", String), ("LocalPathPort", Int), ("Protocol", String), ("ParsedFromCheck", Bool)],
));

const CHECK: Shape = Shape::Struct(&strict("structs.HealthCheck", CHECK_FIELDS));

const CHECK_FIELDS: &[(&str, Shape)] = &[
    ("Node", String),
    ("CheckID", Named("types.CheckID")),
    ("Name", String),
    ("Status", String),
    ("Notes", String),
    ("Output", String),
    ("ServiceID", String),
    ("ServiceName", String),
    ("ServiceTags", STRINGS),
    ("Type", String),
    ("Interval", String),
    ("Timeout", String),
    // What newer clients send along, and agents alone know: it is read over.
    ("ExposedPort", Int),
    ("PeerName", Peer),
    ("Definition", DEFINITION),
    ("CreateIndex", Uint),
    ("ModifyIndex", Uint),
    ("Namespace", Enterprise),
    ("Partition", Enterprise),
];

/// Go decodes this one by a method of its own, which skips what it does not know.
const DEFINITION: Shape = Shape::Struct(&Struct {
    name: "structs.HealthCheckDefinition",
    fields: &[
        ("Interval", Duration),
        ("Timeout", Duration),
        ("DeregisterCriticalServiceAfter", Duration),
        ("IntervalDuration", Duration),
        ("TimeoutDuration", Duration),
        ("DeregisterCriticalServiceAfterDuration", Duration),
        ("HTTP", String),
        ("TLSServerName", String),
        ("TLSSkipVerify", Bool),
        ("Header", Map("map[string][]string", &STRINGS)),
        ("Method", String),
        ("Body", String),
        ("DisableRedirects", Bool),
        ("TCP", String),
        ("TCPUseTLS", Bool),
        ("UDP", String),
        ("GRPC", String),
        ("GRPCUseTLS", Bool),
        ("OSService", String),
        ("H2PING", String),
    ],
    aliases: &[
        ("IntervalDuration", "Interval"),
        ("TimeoutDuration", "Timeout"),
        ("DeregisterCriticalServiceAfterDuration", "DeregisterCriticalServiceAfter"),
    ],
    lenient: true,
    snake: false,
    without: &[],
});

/// Body of `/v1/agent/check/update`.
pub(crate) const CHECK_UPDATE: Shape = Shape::Struct(&strict(
    "agent.checkUpdate",
    &[("Status", String), ("Output", String), ("Namespace", Enterprise), ("Partition", Enterprise)],
));

/// Body of `/v1/txn`.
pub(crate) const TXN: Shape = List("api.TxnOps", &OPERATION);

const OPERATION: Shape = Shape::Struct(&strict(
    "api.TxnOp",
    &[
        ("KV", Shape::Struct(&strict("api.KVTxnOp", KV_FIELDS))),
        ("Node", Shape::Struct(&strict("api.NodeTxnOp", &[("Verb", Named("api.NodeOp")), ("Node", NODE)]))),
        (
            "Service",
            Shape::Struct(&strict("api.ServiceTxnOp", &[("Verb", Named("api.ServiceOp")), ("Node", String), ("Service", AGENT_SERVICE)])),
        ),
        ("Check", Shape::Struct(&strict("api.CheckTxnOp", &[("Verb", Named("api.CheckOp")), ("Check", API_CHECK)]))),
    ],
));

const KV_FIELDS: &[(&str, Shape)] = &[
    ("Verb", Named("api.KVOp")),
    ("Key", String),
    ("Value", Bytes),
    ("Flags", Uint),
    ("Index", Uint),
    ("Session", String),
    ("Namespace", Enterprise),
    ("Partition", Enterprise),
];

const NODE: Shape = Shape::Struct(&strict(
    "api.Node",
    &[
        ("ID", String),
        ("Node", String),
        ("Address", String),
        ("Datacenter", String),
        ("TaggedAddresses", PAIRS),
        ("Meta", PAIRS),
        ("Locality", LOCALITY),
        ("CreateIndex", Uint),
        ("ModifyIndex", Uint),
        ("PeerName", Peer),
        ("Partition", Enterprise),
    ],
));

const AGENT_SERVICE: Shape = Shape::Struct(&strict("api.AgentService", SERVICE_FIELDS));
const API_CHECK: Shape = Shape::Struct(&strict("api.HealthCheck", CHECK_FIELDS));
