//! Datacenters among themselves: what a route is made of, and the certificates that let them talk.

/// `GET /v1/federation/explain/{dc}`: how a call for `dc` would go from here, or why it cannot.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Explain {
    /// Which datacenter.
    #[prost(string, tag = 1)]
    pub dc: String,
}

/// The certificates of the datacenter.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CaRead {}

/// Replaces the certificates of the datacenter, if nobody else did since they were read.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CaUpdate {
    /// The new state.
    #[prost(message, optional, tag = 1)]
    pub state: Option<CaState>,
    /// Epoch of the state this one replaces; 0 for the first. A lower epoch than the stored one is refused.
    #[prost(uint64, tag = 2)]
    pub replaces: u64,
}

/// What raft keeps of the certificate authority. Private keys are in it, so it never leaves the servers and is never printed.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct CaState {
    /// Grows by one with every change; nothing older is ever applied.
    #[prost(uint64, tag = 1)]
    pub epoch: u64,
    /// Domain of all SPIFFE ids, e.g. `11111111-2222-3333-4444-555555555555.consul`.
    #[prost(string, tag = 2)]
    pub trust_domain: String,
    /// Root certificates (DER), the active one first.
    #[prost(bytes = "bytes", repeated, tag = 3)]
    pub roots: Vec<bytes::Bytes>,
    /// PKCS#8 key of the active root (PEM); empty in a secondary.
    #[prost(bytes = "bytes", tag = 4)]
    pub root_key: bytes::Bytes,
    /// This datacenter's intermediate certificate (DER).
    #[prost(bytes = "bytes", tag = 5)]
    pub intermediate: bytes::Bytes,
    /// PKCS#8 key of the intermediate (PEM).
    #[prost(bytes = "bytes", tag = 6)]
    pub intermediate_key: bytes::Bytes,
    /// In the primary: what it signed for each secondary, so that a stranger cannot take an existing datacenter's name.
    #[prost(btree_map = "string, bytes", tag = 7)]
    pub secondaries: std::collections::BTreeMap<String, Vec<u8>>,
}

impl std::fmt::Debug for CaState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaState").field("epoch", &self.epoch).field("trust_domain", &self.trust_domain).finish_non_exhaustive()
    }
}

/// Asks the leader to sign a certificate request.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CaSign {
    /// PKCS#10 request (DER).
    #[prost(bytes = "bytes", tag = 1)]
    pub request: bytes::Bytes,
    /// What for: `server`, `gateway` (leaves of this datacenter) or `intermediate` (a secondary's).
    #[prost(string, tag = 2)]
    pub role: String,
    /// The node, or for an intermediate the datacenter, that the certificate is for.
    #[prost(string, tag = 3)]
    pub subject: String,
}

impl CaSign {
    /// The role of a server's leaf.
    pub const SERVER: &str = "server";
    /// The role of a gateway's leaf.
    pub const GATEWAY: &str = "gateway";
    /// The role of a secondary's intermediate.
    pub const INTERMEDIATE: &str = "intermediate";
}

/// A signed certificate and what leads up from it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CaSigned {
    /// Leaf or intermediate first, then its issuers below the root (DER).
    #[prost(bytes = "bytes", repeated, tag = 1)]
    pub chain: Vec<bytes::Bytes>,
    /// All trusted roots (DER).
    #[prost(bytes = "bytes", repeated, tag = 2)]
    pub roots: Vec<bytes::Bytes>,
    /// Domain of all SPIFFE ids.
    #[prost(string, tag = 3)]
    pub trust_domain: String,
    /// Epoch of the authority that signed.
    #[prost(uint64, tag = 4)]
    pub epoch: u64,
}

/// Forgets a datacenter, or lets it come back. A forgotten one stays forgotten.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DatacenterUpdate {
    /// Which datacenter.
    #[prost(string, tag = 1)]
    pub dc: String,
    /// Forget it, or end that.
    #[prost(bool, tag = 2)]
    pub forgotten: bool,
}

/// Asks the leader of a secondary datacenter for a certificate request for its intermediate: the key never leaves the servers.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CaRequest {
    /// The trust domain to be signed into.
    #[prost(string, tag = 1)]
    pub trust_domain: String,
}

/// A certificate request for the datacenter's intermediate.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CaRequested {
    /// PKCS#10 request (DER); empty when the datacenter has an intermediate that need not be renewed.
    #[prost(bytes = "bytes", tag = 1)]
    pub request: bytes::Bytes,
}

/// Gives the leader of a secondary datacenter its signed intermediate.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CaInstall {
    /// What the primary signed.
    #[prost(message, optional, tag = 1)]
    pub signed: Option<CaSigned>,
}

/// What a gateway tells the servers of its datacenter: the federation as it sees it, whole, after every change.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FederationView {
    /// The gateway that speaks.
    #[prost(string, tag = 1)]
    pub gateway: String,
    /// The other datacenters, nearest first.
    #[prost(message, repeated, tag = 2)]
    pub datacenters: Vec<RemoteDatacenter>,
    /// Members of the WAN pool, gateways and all.
    #[prost(message, repeated, tag = 3)]
    pub gateways: Vec<RemoteGateway>,
}

/// Another datacenter, as a gateway sees it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RemoteDatacenter {
    /// Its name.
    #[prost(string, tag = 1)]
    pub dc: String,
    /// Median round trip of the QUIC paths to its gateways, in microseconds; 0 when it is not known.
    #[prost(uint64, tag = 2)]
    pub round_trip_us: u64,
    /// Empty when there is a way; else what rules each way out.
    #[prost(message, repeated, tag = 3)]
    pub ruled_out: Vec<crate::Attempt>,
    /// Its servers, as its gateways announced them.
    #[prost(message, repeated, tag = 4)]
    pub servers: Vec<RemoteServer>,
    /// Milliseconds since its gateways were last heard.
    #[prost(uint64, tag = 5)]
    pub age_ms: u64,
    /// The JSON of `/v1/federation/explain/{dc}` for a call from this gateway.
    #[prost(string, tag = 6)]
    pub explanation: String,
}

/// A server of another datacenter.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RemoteServer {
    /// Its node name.
    #[prost(string, tag = 1)]
    pub name: String,
    /// Its LAN address as its own datacenter knows it, `ip:port`.
    #[prost(string, tag = 2)]
    pub address: String,
    /// Whether its own datacenter holds it for alive.
    #[prost(bool, tag = 3)]
    pub alive: bool,
    /// Its LAN tags.
    #[prost(btree_map = "string, string", tag = 4)]
    pub tags: std::collections::BTreeMap<String, String>,
}

/// A member of the WAN pool.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RemoteGateway {
    /// Its name, `node.dc`.
    #[prost(string, tag = 1)]
    pub name: String,
    /// Its datacenter.
    #[prost(string, tag = 2)]
    pub dc: String,
    /// Its WAN address, `ip:port`.
    #[prost(string, tag = 3)]
    pub address: String,
    /// 1 alive, 2 leaving, 3 left, 4 failed.
    #[prost(int32, tag = 4)]
    pub status: i32,
    /// Its WAN tags.
    #[prost(btree_map = "string, string", tag = 5)]
    pub tags: std::collections::BTreeMap<String, String>,
    /// Where it lies in the WAN pool, if it has told.
    #[prost(message, optional, tag = 6)]
    pub coordinate: Option<crate::coordinate::Coordinate>,
}
