//! What a process says of itself through gossip: Consul's tags, so that Consul's tools read them, and a few of ours.

use dispatch::Peer;
use members::{Member, Status};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// The feature level of this build: a write with fields above the cluster's lowest is refused by the leader.
const FEATURE_LEVEL: u32 = 3;

/// What kind of process a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `role=consul`.
    Server,
    /// `role=gateway`.
    Gateway,
    /// `role=node`.
    Client,
}

/// What a process says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags {
    /// Its datacenter.
    pub datacenter: String,
    /// Its node id.
    pub node_id: String,
    /// What kind it is.
    pub kind: Kind,
    /// Where it takes RPC; a client takes none.
    pub rpc_port: Option<u16>,
    /// What servers say besides.
    pub server: Option<ServerTags>,
}

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerTags {
    /// How many servers it waits for before a cluster is made; 0 makes none.
    pub expect: u32,
    /// Its raft id, in hexadecimal.
    pub raft_id: String,
    /// Whether it belongs to a raft cluster. Nobody makes one where gossip shows one.
    pub in_cluster: bool,
    /// Where its WAN gossip would be.
    pub wan_port: u16,
    /// Feature level of its build.
    pub level: u32,
    /// Where the gateway embedded in it takes calls, if one is.
    pub gateway_port: Option<u16>,
}

impl Tags {
    /// As gossip carries them.
    #[must_use]
    pub fn to_map(&self) -> BTreeMap<String, String> {
        let mut tags: BTreeMap<String, String> = BTreeMap::new();
        let mut set = |name: &str, value: String| drop(tags.insert(name.to_owned(), value));
        set("role", role(self.kind).to_owned());
        set("dc", self.datacenter.clone());
        set("id", self.node_id.clone());
        set("segment", String::new());
        set("build", format!("{}:", env!("CARGO_PKG_VERSION")));
        for (name, value) in [("vsn", "2"), ("vsn_min", "2"), ("vsn_max", "3"), ("acls", "0")] {
            set(name, value.to_owned());
        }
        if let Some(port) = self.rpc_port {
            set("port", port.to_string());
        }
        if let Some(server) = &self.server {
            set("raft_vsn", "3".to_owned());
            set("ft_fs", "1".to_owned());
            set("ft_si", "1".to_owned());
            set("wan_join_port", server.wan_port.to_string());
            set("delian_raft", server.raft_id.clone());
            set("delian_level", FEATURE_LEVEL.to_string());
            match server.expect {
                0 => {}
                1 => set("bootstrap", "1".to_owned()),
                expect => set("expect", expect.to_string()),
            }
            if let Some(port) = server.gateway_port {
                set("delian_gateway", port.to_string());
            }
            if server.in_cluster {
                set("delian_cluster", "1".to_owned());
            }
        }
        tags
    }

    /// What a member says of itself. A member that says nonsense is a client: it is listed, and nobody calls it.
    #[must_use]
    pub fn of(member: &Member) -> Self {
        let tag = |name: &str| member.tags.get(name).map_or("", String::as_str);
        let rpc_port = tag("port").parse().ok();
        let kind = match kind_of(tag("role")) {
            Some(kind) if kind == Kind::Client || rpc_port.is_some() => kind,
            _ => Kind::Client,
        };
        let expect = if tag("bootstrap") == "1" { 1 } else { tag("expect").parse().unwrap_or(0) };
        let server = (kind == Kind::Server).then(|| ServerTags {
            expect,
            raft_id: tag("delian_raft").to_owned(),
            in_cluster: tag("delian_cluster") == "1",
            wan_port: tag("wan_join_port").parse().unwrap_or(8302),
            level: tag("delian_level").parse().unwrap_or(0),
            gateway_port: tag("delian_gateway").parse().ok(),
        });
        Self { datacenter: tag("dc").to_owned(), node_id: tag("id").to_owned(), kind, rpc_port, server }
    }

    /// Where a member with these tags takes RPC.
    #[must_use]
    pub fn rpc_addr(&self, member: &Member) -> Option<SocketAddr> {
        self.rpc_port.map(|port| SocketAddr::new(member.addr.ip(), port))
    }
}

/// The kind that a `role` tag means.
#[must_use]
pub fn kind_of(role: &str) -> Option<Kind> {
    match role {
        "consul" => Some(Kind::Server),
        "gateway" => Some(Kind::Gateway),
        "node" => Some(Kind::Client),
        _ => None,
    }
}

fn role(kind: Kind) -> &'static str {
    match kind {
        Kind::Server => "consul",
        Kind::Gateway => "gateway",
        Kind::Client => "node",
    }
}

/// The live members of one kind as peers to call, but not the member named `me`. A server with a gateway in it is one, too.
#[must_use]
pub fn peers(members: &[Member], kind: Kind, me: &str) -> Vec<Arc<Peer>> {
    let live = members.iter().filter(|member| member.status == Status::Alive && member.name != me);
    live.filter_map(|member| {
        let tags = Tags::of(member);
        let embedded = tags.server.as_ref().and_then(|server| server.gateway_port).filter(|_| kind == Kind::Gateway);
        let addr = match embedded {
            Some(port) => SocketAddr::new(member.addr.ip(), port),
            None => tags.rpc_addr(member).filter(|_| tags.kind == kind)?,
        };
        Some(Arc::new(Peer { id: tags.node_id, name: member.name.clone(), addr }))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tags_survive_gossip_and_nonsense_is_a_client() {
        let server =
            ServerTags { expect: 3, raft_id: "00ff".into(), in_cluster: true, wan_port: 8302, level: FEATURE_LEVEL, gateway_port: None };
        let tags = Tags { datacenter: "dc1".into(), node_id: "id".into(), kind: Kind::Server, rpc_port: Some(8300), server: Some(server) };
        let member = |tags| Member {
            name: "s1".into(),
            addr: "127.0.0.1:8301".parse().unwrap(),
            status: Status::Alive,
            generation: 1,
            tags,
            spki: bytes::Bytes::new(),
            since: std::time::Duration::ZERO,
        };
        let listed = member(tags.to_map());
        assert_eq!(Tags::of(&listed), tags);
        assert_eq!(peers(std::slice::from_ref(&listed), Kind::Server, "s2")[0].addr, "127.0.0.1:8300".parse().unwrap());
        assert!(peers(&[listed], Kind::Server, "s1").is_empty());
        let nonsense = BTreeMap::from([("role".to_owned(), "consul".to_owned()), ("port".to_owned(), "many".to_owned())]);
        assert_eq!(Tags::of(&member(nonsense)).kind, Kind::Client);
    }
}
