//! Virtual IPs: an address for each service of the mesh, by which transparent proxies know what a connection is for. Since Consul 1.11.

use serde::{Serialize, Serializer};

/// The tag of the virtual IP among an instance's addresses. The catalog gives it, whatever is registered.
pub const VIRTUAL: &str = "consul-virtual";

/// Virtual IPs that one service can be given by hand, at the most: Consul's limit.
pub const MANUAL_LIMIT: usize = 8;

/// The virtual IP of a service: for DNS.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VirtualIp {
    /// Which service.
    #[prost(string, tag = 1)]
    pub service: String,
}

/// The virtual IP of a service.
#[derive(Clone, PartialEq, prost::Message)]
pub struct VirtualAddress {
    /// The bits of the IPv4 address; `None` where the service has none.
    #[prost(fixed32, optional, tag = 1)]
    pub address: Option<u32>,
}

/// From now on virtual IPs are given: the leader says so when all servers know of them.
#[derive(Clone, PartialEq, prost::Message)]
pub struct StartVirtualIps {}

/// `PUT /v1/internal/service-virtual-ip`: the addresses by which a service goes besides the one it was given, in the place of those before.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AssignVirtualIps {
    /// Which service.
    #[prost(string, tag = 1)]
    pub service: String,
    /// The bits of IPv4 addresses.
    #[prost(fixed32, repeated, tag = 2)]
    pub addresses: Vec<u32>,
}

/// What came of an assignment.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssignedVirtualIps {
    /// Whether there is such a service, with a virtual IP.
    #[prost(bool, tag = 1)]
    pub found: bool,
    /// The services that had one of these addresses, and have it no longer; by name.
    #[prost(string, repeated, tag = 2)]
    #[serde(serialize_with = "peered")]
    pub unassigned_from: Vec<String>,
}

/// Names as Consul tells them of services that may be another cluster's.
fn peered<S: Serializer>(names: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Peered<'r> {
        service_name: Named<'r>,
        peer: &'static str,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Named<'r> {
        name: &'r str,
    }
    serializer.collect_seq(names.iter().map(|name| Peered { service_name: Named { name }, peer: "" }))
}
