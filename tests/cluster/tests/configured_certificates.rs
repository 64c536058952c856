//! An operator's own certificates carry all RPC of a datacenter; links between datacenters go on with the built-in ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use api::{Call, kv};
use ca::tls::{Crypto, Identity, Pem, Slot};
use cluster::{Cluster, Node, PATIENCE, Setup, Shape, until};
use node::{RpcCertificates, Trust};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use wire::{CallError, CallsClient, Connector};

const LIMIT: Duration = Duration::from_secs(5);

/// An operator's authority, and the folder of what it has signed.
struct Operator {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Operator {
    fn new() -> Self {
        let (key, folder) = (KeyPair::generate().unwrap(), tempfile::tempdir().unwrap());
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sign(&self, role: &str, hosts: &[&str]) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>()).unwrap();
        std::fs::write(self.file(&format!("{role}.pem")), params.signed_by(&key, &self.issuer).unwrap().pem()).unwrap();
        std::fs::write(self.file(&format!("{role}.key")), key.serialize_pem()).unwrap();
    }

    /// The stanza of who shows the certificate of `role`.
    fn stanza(&self, role: &str) -> Value {
        let (cert, key) = (self.file(&format!("{role}.pem")), self.file(&format!("{role}.key")));
        json!({ "tls": { "internal_rpc": { "ca_file": self.file("ca.pem"), "cert_file": cert, "key_file": key } } })
    }

    /// A caller in the test itself, with the certificate of `role`, that trusts `authority`.
    fn caller(&self, role: &str, authority: &Path) -> Trust {
        let read = |file: &Path| std::fs::read(file).unwrap();
        let (cert, key, roots) = (read(&self.file(&format!("{role}.pem"))), read(&self.file(&format!("{role}.key"))), read(authority));
        let pem = |content| Pem { file: "test", content };
        let certificates = RpcCertificates {
            identity: Some(Identity::configured(&Crypto::new(), pem(&cert), pem(&key)).unwrap()),
            roots: Arc::new(Slot::new(ca::tls::Trust::from_ca_file(pem(&roots)).unwrap())),
            verify_incoming: true,
        };
        let node = node::Identity::open(None, None).unwrap();
        Trust::begin(&node.key, "dc1", "consul").unwrap().configured(Some(&certificates), "dc1", "consul").unwrap()
    }
}

async fn ask(trust: &Trust, to: &Node) -> Result<(), CallError> {
    let connector = Connector::new(SocketAddr::new(to.address.into(), 8300), trust.towards_servers());
    let (head, body) = Call::new(kv::Get { key: "a".to_owned() }).encode();
    CallsClient::connect(connector).call(head, body, LIMIT).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_certificates_carry_rpc() {
    let (operator, another) = (Operator::new(), Operator::new());
    operator.sign("server", &["server.dc1.consul", "server.dc2.consul"]);
    operator.sign("gateway", &["gateway.dc1.consul", "gateway.dc2.consul"]);
    another.sign("server", &["server.dc1.consul"]);
    let shape = Shape {
        datacenters: 2,
        gateways: 1,
        settings: operator.stanza("server"),
        gateway_settings: operator.stanza("gateway"),
        ..Shape::default()
    };
    // It is up when every server answers for the other datacenter: servers call gateways, gateways servers, and each other.
    let mut cluster = Cluster::start(shape).await;

    // A client agent has no certificate, and verifies the servers by the operator's authority.
    let without = json!({ "tls": { "internal_rpc": { "ca_file": operator.file("ca.pem") } } });
    let client = cluster.client_agent(1, 1, &without).await;
    client.http.kv_put("from", "an agent", LIMIT).await.unwrap();
    cluster.holds_everywhere(1, "from", "an agent").await;

    let (ours, theirs) = (operator.file("ca.pem"), another.file("ca.pem"));
    for server in &cluster.dc1().servers {
        assert!(ask(&operator.caller("server", &ours), server).await.is_ok(), "{}", server.name);
        let refused = ask(&another.caller("server", &ours), server).await;
        assert!(refused.is_err(), "{}: lets another authority's server call", server.name);
        let refused = ask(&operator.caller("server", &theirs), server).await;
        assert!(matches!(refused, Err(CallError::NotSent(_))), "{}: counts by another authority: {refused:?}", server.name);
    }

    // A server of another authority runs, and nobody takes it for one.
    let stranger = cluster.add_server(1, &another.stanza("server"));
    let dc = cluster.dc1();
    let stranger = &dc.servers[stranger];
    until("the other authority's server listens", PATIENCE, || async {
        !matches!(ask(&another.caller("server", &theirs), stranger).await, Err(CallError::NotSent(_)))
    })
    .await;
    let refused = ask(&operator.caller("server", &ours), stranger).await;
    assert!(matches!(refused, Err(CallError::NotSent(_))), "the stranger counts as a server: {refused:?}");
    assert!(dc.raft().await.iter().all(|(name, _, votes)| *name != stranger.name || !votes));
    dc.servers[0].http.kv_put("after", "all", LIMIT).await.unwrap();

    // What cannot be read is said, with key and file.
    for command in ["agent", "gateway"] {
        let (cert, data) = (operator.file("missing.pem"), operator.file(command));
        let mut settings = operator.stanza("server");
        settings["tls"]["internal_rpc"]["cert_file"] = json!(cert);
        settings["data_dir"] = json!(data);
        settings["bind_addr"] = json!("127.0.0.1");
        settings["node_name"] = json!("wrong");
        let files = vec![("configuration.json".to_owned(), settings.to_string())];
        let setup = Setup { command, name: format!("wrong-{command}"), address: Ipv4Addr::LOCALHOST, data, files };
        let ended = cluster.start_one(setup).ended(PATIENCE).await;
        let wanted = format!("tls.internal_rpc.cert_file: {}", cert.display());
        assert!(!ended.status.success() && ended.log.contains(&wanted), "{command}: {}", ended.log);
    }
}
