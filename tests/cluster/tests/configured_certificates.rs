//! An operator's own certificates carry all RPC of a datacenter; links between datacenters go on with the built-in ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use api::{Call, kv};
use ca::tls::{Crypto, Identity, Pem};
use cluster::{Cluster, Node, Operator, PATIENCE, Setup, Shape, until};
use node::{RpcCertificates, Trust};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use wire::{CallError, CallsClient, Connector};

const LIMIT: Duration = Duration::from_secs(5);

/// The stanza of who shows the certificate of `role`.
fn stanza(operator: &Operator, role: &str) -> Value {
    let (cert, key) = (operator.file(&format!("{role}.pem")), operator.file(&format!("{role}.key")));
    json!({ "tls": { "internal_rpc": { "ca_file": operator.file("ca.pem"), "cert_file": cert, "key_file": key } } })
}

/// A caller in the test itself, with the certificate of `role`, that trusts `authority`.
fn caller(operator: &Operator, role: &str, authority: &Path) -> Trust {
    let read = |file: &Path| std::fs::read(file).unwrap();
    let (cert, key, roots) = (read(&operator.file(&format!("{role}.pem"))), read(&operator.file(&format!("{role}.key"))), read(authority));
    let pem = |content| Pem { file: "test", content };
    let certificates = RpcCertificates {
        identity: Some(Identity::configured(&Crypto::new(), pem(&cert), pem(&key)).unwrap()),
        roots: ca::tls::Trust::from_ca_file(pem(&roots)).unwrap(),
        verify_incoming: true,
    };
    let node = node::Identity::open(None, None).unwrap();
    Trust::begin(&node.key, "dc1", "consul").unwrap().configured(Some(&certificates), "dc1", "consul").unwrap()
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
        settings: stanza(&operator, "server"),
        gateway_settings: stanza(&operator, "gateway"),
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
        assert!(ask(&caller(&operator, "server", &ours), server).await.is_ok(), "{}", server.name);
        let refused = ask(&caller(&another, "server", &ours), server).await;
        assert!(refused.is_err(), "{}: lets another authority's server call", server.name);
        let refused = ask(&caller(&operator, "server", &theirs), server).await;
        assert!(matches!(refused, Err(CallError::NotSent(_))), "{}: counts by another authority: {refused:?}", server.name);
    }

    // A server of another authority runs, and nobody takes it for one.
    let stranger = cluster.add_server(1, &stanza(&another, "server"));
    let dc = cluster.dc1();
    let stranger = &dc.servers[stranger];
    until("the other authority's server listens", PATIENCE, || async {
        !matches!(ask(&caller(&another, "server", &theirs), stranger).await, Err(CallError::NotSent(_)))
    })
    .await;
    let refused = ask(&caller(&operator, "server", &ours), stranger).await;
    assert!(matches!(refused, Err(CallError::NotSent(_))), "the stranger counts as a server: {refused:?}");
    assert!(dc.raft().await.iter().all(|(name, _, votes)| *name != stranger.name || !votes));
    dc.servers[0].http.kv_put("after", "all", LIMIT).await.unwrap();

    // What cannot be read is said, with key and file.
    for command in ["agent", "gateway"] {
        let (cert, data) = (operator.file("missing.pem"), operator.file(command));
        let mut settings = stanza(&operator, "server");
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

/// Everyone reads the configuration anew; returns when all have.
async fn reload(cluster: &Cluster) {
    for node in cluster.datacenters.iter().flat_map(|dc| dc.servers.iter().chain(&dc.gateways)) {
        let before = node.said("configuration read anew");
        node.hang_up();
        until(&format!("{} reads its configuration anew", node.name), PATIENCE, || async { node.said("configuration read anew") > before })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_replaced_while_all_goes_on() {
    let mut operator = Operator::new();
    let (servers, gateways) = (["server.dc1.consul", "server.dc2.consul"], ["gateway.dc1.consul", "gateway.dc2.consul"]);
    operator.sign("server", &servers);
    operator.sign("gateway", &gateways);
    operator.sign("old", &["server.dc1.consul"]);
    let settings = stanza(&operator, "server");
    let gateway_settings = stanza(&operator, "gateway");
    let mut cluster = Cluster::start(Shape { datacenters: 2, gateways: 1, settings, gateway_settings, ..Shape::default() }).await;
    let client = cluster.client_agent(1, 1, &json!({ "tls": { "internal_rpc": { "ca_file": operator.file("ca.pem") } } })).await;
    let before = operator.file("before.pem");
    std::fs::copy(operator.file("ca.pem"), &before).unwrap();
    let old = caller(&operator, "old", &before);

    // Both authorities are trusted, before anybody shows a certificate of the new one.
    let new = operator.change_authority();
    let both = std::fs::read_to_string(&before).unwrap() + &new;
    let round = async |cluster: &Cluster, value: &str| {
        reload(cluster).await;
        client.hang_up();
        for server in &cluster.datacenters[0].servers {
            let what = format!("{} takes a write", server.name);
            until(&what, PATIENCE, || async { server.http.kv_put("round", value, LIMIT).await.is_ok() }).await;
        }
        cluster.holds_everywhere(1, "round", value).await;
        // By way of gateways, which servers call, and which call servers.
        cluster.federated().await;
        until("the agent takes a write", PATIENCE, || async { client.http.kv_put("from", value, LIMIT).await.is_ok() }).await;
    };
    std::fs::write(operator.file("ca.pem"), both).unwrap();
    round(&cluster, "both are trusted").await;
    operator.sign("server", &servers);
    operator.sign("gateway", &gateways);
    round(&cluster, "the new one signs").await;
    for server in &cluster.datacenters[0].servers {
        ask(&old, server).await.expect_err("it shows the old certificate");
    }
    std::fs::write(operator.file("ca.pem"), new).unwrap();
    round(&cluster, "the old one is gone").await;

    let ours = operator.file("ca.pem");
    let (of_before, of_now) = (caller(&operator, "old", &ours), caller(&operator, "server", &ours));
    for server in &cluster.datacenters[0].servers {
        assert!(ask(&of_now, server).await.is_ok(), "{}", server.name);
        assert!(ask(&of_before, server).await.is_err(), "{}: a certificate of the old authority still counts", server.name);
    }
    // What cannot be used is named, and changes nothing.
    let server = &cluster.dc1().servers[0];
    std::fs::write(operator.file("server.key"), "none").unwrap();
    let refused = server.http.put("/v1/agent/reload", "").await.unwrap();
    let wanted = format!("tls.internal_rpc.key_file: {}", operator.file("server.key").display());
    assert!(refused.status == 500 && refused.text().contains(&wanted), "{}", refused.text());
    assert!(ask(&of_now, server).await.is_ok());
}
