//! Once a datacenter has certificates, a server is who has a server's certificate, and not who says so with the gossip key in hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use api::federation::{CaInstall, CaRead, CaSign, CaUpdate};
use api::{Answer, Call, Code, Error, Op, kv};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cluster::{Cluster, Datacenter, Node, PATIENCE, Shape, until, until_some};
use lan::{Lan, LanConfig, LanHandle};
use members::{Config, GossipKey, Keyring, Me};
use node::{Identity, Kind, ServerTags, Tags, Trust};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};
use wire::{CallError, CallsClient, Connector, RaftClient};

const GOSSIP_KEY: &str = "bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE=";
const LIMIT: Duration = Duration::from_secs(5);

/// What a node's data directory remembers of its certificates, once it does.
fn certificates(node: &Node) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(node.data.join("certificates.json")).ok()?).ok()
}

/// Waits until everyone has a certificate; gives those of the servers.
async fn all_certified(dc: &Datacenter) -> Vec<Value> {
    let mut all = Vec::new();
    for node in dc.servers.iter().chain(&dc.gateways) {
        let found = until_some(&format!("{} has a certificate", node.name), PATIENCE, || async { certificates(node) }).await;
        all.push(found["chain"].clone());
    }
    all.truncate(dc.servers.len());
    all
}

/// A process that joins the pool as a server, with nothing but the gossip key.
struct Impostor {
    trust: Arc<Trust>,
    lan: LanHandle,
    _stop: DropGuard,
}

impl Impostor {
    async fn join(address: Ipv4Addr, pool: &[Ipv4Addr]) -> Self {
        let identity = Identity::open(None, None).unwrap();
        let trust = Arc::new(Trust::begin(&identity.key, "dc1", "consul").unwrap());
        let server = ServerTags { expect: 3, raft_id: "0000000000000001".to_owned(), wan_port: 8302, level: 1, ..ServerTags::default() };
        let tags = Tags {
            datacenter: "dc1".to_owned(),
            node_id: identity.node_id.clone(),
            kind: Kind::Server,
            rpc_port: Some(8300),
            server: Some(server),
        };
        let key = GossipKey::new(&STANDARD.decode(GOSSIP_KEY).unwrap()).unwrap();
        let lan = Lan::bind(LanConfig {
            bind: SocketAddr::new(address.into(), 8301),
            advertise: None,
            members: Config { pool: "lan:dc1".to_owned(), ..Config::lan() },
            me: Me {
                name: "impostor".to_owned(),
                addr: SocketAddr::new(address.into(), 8301),
                generation: identity.generation,
                tags: tags.to_map(),
                spki: trust.pin(),
            },
            keyring: Keyring::new(Some(key)).unwrap(),
            keyring_file: None,
            join_port: 8301,
        });
        let lan = lan.await.unwrap();
        let (handle, stop) = (lan.handle(), CancellationToken::new());
        tokio::spawn(lan.run(stop.clone()));
        let pool: Vec<String> = pool.iter().map(Ipv4Addr::to_string).collect();
        until("the impostor is in the pool", PATIENCE, || async { handle.join(&pool).await.is_ok() }).await;
        Self { trust, lan: handle, _stop: stop.drop_guard() }
    }

    fn connector(&self, to: &Node) -> Connector {
        self.trust.set_members(&self.lan.members().borrow().clone());
        Connector::new(SocketAddr::new(to.address.into(), 8300), self.trust.towards_servers())
    }

    /// What `to` says when it is asked for a vote.
    async fn raft(&self, to: &Node) -> CallError {
        RaftClient::connect(self.connector(to)).vote(Bytes::new(), LIMIT).await.unwrap_err()
    }

    async fn ask(&self, to: &Node, op: impl Into<Op>) -> Result<Answer, Error> {
        let (head, body) = Call::new(op).encode();
        rpc::outcome(CallsClient::connect(self.connector(to)).call(head, body, LIMIT).await)
    }

    /// It is in the pool, it is let in, and it is no server: neither for raft nor for what servers ask of each other.
    async fn is_no_server_to(&self, node: &Node) {
        let refused = || async {
            match self.raft(node).await {
                // Gossip may still be on its way.
                CallError::NotSent(_) => None,
                error => Some(error.to_string()),
            }
        };
        let refused = until_some(&format!("{} answers the impostor", node.name), PATIENCE, refused).await;
        assert!(refused.contains("raft is for servers of this datacenter only"), "{}: {refused}", node.name);
        let sign = CaSign { role: CaSign::INTERMEDIATE.to_owned(), subject: "dc9".to_owned(), ..CaSign::default() };
        for op in [Op::from(CaUpdate::default()), CaInstall::default().into(), sign.into()] {
            let name = op.name();
            let error = self.ask(node, op).await.err().unwrap_or_else(|| panic!("{}: {name} was let through", node.name));
            assert!(error.kind() == Code::Denied && error.text.contains(name), "{}: {name}: {error}", node.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_come_back_from_disk_and_the_gossip_key_makes_no_server() {
    let settings = json!({ "encrypt": GOSSIP_KEY });
    let shape = Shape { gateways: 1, settings: settings.clone(), gateway_settings: settings, ..Shape::default() };
    let mut cluster = Cluster::start(shape).await;
    let dc = cluster.dc1();
    let before = all_certified(dc).await;

    // A full restart.
    dc.servers.iter_mut().chain(&mut dc.gateways).for_each(|node| node.kill());
    dc.servers[0].start();
    let addresses: Vec<Ipv4Addr> = dc.servers.iter().map(|server| server.address).collect();
    let octets = addresses[0].octets();
    let impostor = Impostor::join(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3] + 6), &addresses[..1]).await;
    // One server alone has no leader, and goes by names all the same.
    impostor.is_no_server_to(&dc.servers[0]).await;
    dc.servers[1..].iter_mut().chain(&mut dc.gateways).for_each(|node| node.start());
    dc.ready().await;
    assert!(all_certified(dc).await == before, "servers go on with the certificates of the last run");

    for server in &dc.servers {
        impostor.is_no_server_to(server).await;
        // What any member may.
        assert!(impostor.ask(server, CaRead {}).await.is_ok(), "{}", server.name);
        assert!(impostor.ask(server, kv::Get { key: "a".to_owned() }).await.is_ok(), "{}", server.name);
    }
    // Raft has not taken it up as one that counts.
    let raft = dc.raft().await;
    assert!(raft.iter().all(|(name, _, votes)| name != "impostor" || !votes), "{raft:?}");
    dc.servers[0].http.kv_put("after", "all", LIMIT).await.unwrap();
}
