//! A running agent takes another configuration: all of it that can be taken, or nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use ca::tls::{EdgeTls, Pem};
use cluster::{Cluster, Node, Operator, PATIENCE, Shape, records, until};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::time_provider::DefaultTimeProvider;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const LIMIT: Duration = Duration::from_secs(5);

/// What can be seen of an agent from outside.
#[derive(Debug, PartialEq)]
struct Seen {
    ttl: u32,
    meta: Value,
    certificate: Vec<u8>,
    header: bool,
    services: Vec<String>,
}

async fn look(node: &Node, operator: &Operator) -> Option<Seen> {
    let (_, records) = records((node.address, 8600).into(), &format!("{}.node.consul", node.name)).await?;
    let found = node.http.json(&format!("/v1/catalog/node/{}", node.name)).await?;
    let services = found["Services"].as_object()?.keys().filter(|id| *id != "consul").cloned().collect();
    let mut meta = found["Node"]["Meta"].clone();
    meta.as_object_mut()?.retain(|key, _| !key.starts_with("consul-"));
    Some(Seen { ttl: records.first()?.1, meta, certificate: shown(node, operator).await?, header: has_header(node).await, services })
}

async fn has_header(node: &Node) -> bool {
    let answered = node.http.get("/v1/status/leader").await;
    answered.is_ok_and(|answer| answer.headers.get("x-from").is_some_and(|value| value == "file"))
}

/// The certificate that HTTPS is served with.
async fn shown(node: &Node, operator: &Operator) -> Option<Vec<u8>> {
    let roots = std::fs::read(operator.file("ca.pem")).unwrap();
    let roots: Vec<CertificateDer<'static>> = Pem { file: "ca", content: &roots }.certificates().unwrap();
    let client = EdgeTls::new(Arc::new(DefaultTimeProvider)).client(&roots, None, &[b"http/1.1"]).unwrap();
    let stream = TcpStream::connect((node.address, 8501)).await.ok()?;
    let stream = TlsConnector::from(client).connect(ServerName::try_from("agent.test").unwrap(), stream).await.ok()?;
    Some(stream.get_ref().1.peer_certificates()?.first()?.to_vec())
}

fn certificate(operator: &Operator) -> Vec<u8> {
    let pem = std::fs::read(operator.file("https.pem")).unwrap();
    Pem { file: "https", content: &pem }.certificates().unwrap().remove(0).to_vec()
}

/// A watch of `key` that adds what it is told to `file`.
fn watch(key: &str, file: &Path) -> Value {
    json!({ "type": "key", "key": key, "args": ["/bin/sh", "-c", format!("cat >>{}", file.display())] })
}

async fn told(file: &Path, times: usize) {
    let lines = || std::fs::read_to_string(file).unwrap_or_default().lines().count();
    until(&format!("{} has {times} lines", file.display()), PATIENCE, || async { lines() == times }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_taken_or_nothing() {
    let operator = Operator::new();
    operator.sign("https", &["agent.test"]);
    let (first, second) = (operator.file("first"), operator.file("second"));
    let settings = json!({
        "ports": { "https": 8501 },
        "tls": { "https": { "cert_file": operator.file("https.pem"), "key_file": operator.file("https.key") } },
        "node_meta": { "rack": "1" },
        "dns_config": { "node_ttl": "3s" },
        "services": [{ "name": "web" }],
        "watches": [watch("a", &first)],
    });
    let mut cluster = Cluster::start(Shape { servers: 1, settings, ..Shape::default() }).await;
    let client = cluster.client_agent(1, 1, &json!({})).await;
    let server = &cluster.dc1().servers[0];
    for node in [server, &client] {
        let began = Seen {
            ttl: 3,
            meta: json!({ "rack": "1" }),
            certificate: certificate(&operator),
            header: false,
            services: vec!["web".to_owned()],
        };
        until("it shows what it was started with", PATIENCE, || async { look(node, &operator).await.as_ref() == Some(&began) }).await;
    }
    told(&first, 2).await;

    // Files change, and nothing else, until the signal.
    let other = json!({
        "ports": { "https": 8501, "dns": 8601 },
        "node_meta": { "rack": "2", "row": "b" },
        "dns_config": { "node_ttl": "9s" },
        "http_config": { "response_headers": { "X-From": "file" } },
        "services": [{ "name": "db" }],
        "watches": [watch("b", &second)],
    });
    operator.sign("https", &["agent.test"]);
    let now = Seen {
        ttl: 9,
        meta: json!({ "rack": "2", "row": "b" }),
        certificate: certificate(&operator),
        header: true,
        services: vec!["db".to_owned()],
    };
    for node in [server, &client] {
        node.configure(&other);
        assert_ne!(look(node, &operator).await.unwrap().certificate, now.certificate);
        node.hang_up();
        until("it shows what its files say now", PATIENCE, || async { look(node, &operator).await.as_ref() == Some(&now) }).await;
        until("it names what takes a restart", PATIENCE, || async {
            node.said("ports.dns: it was changed, and that takes a restart") == 1
        })
        .await;
    }
    told(&second, 2).await;
    server.http.kv_put("a", "1", LIMIT).await.unwrap();
    server.http.kv_put("b", "1", LIMIT).await.unwrap();
    told(&second, 4).await;
    told(&first, 2).await;

    // Whatever is wrong is named, and of the rest nothing is taken.
    let (key, cert) = (operator.file("https.key"), operator.file("https.pem"));
    let wrong = [
        (json!({ "dns_config": { "node_ttl": "soon" } }), "dns_config.node_ttl".to_owned()),
        (json!({ "watches": [{ "type": "nope", "args": ["x"] }] }), "Failed to parse watch (nope)".to_owned()),
        (json!({ "checks": [{ "name": "none", "service_id": "nobody", "ttl": "1s" }] }), "check \"none\": ".to_owned()),
        (json!({ "services": [{ "name": "x", "check": { "tcp": "a:1", "interval": "often" } }] }), ": service \"x\": ".to_owned()),
        (json!({ "tls": { "https": { "cert_file": key, "key_file": cert } } }), format!("tls.https.cert_file: {}", key.display())),
    ];
    for (mistake, named) in wrong {
        let mut broken = json!({ "node_meta": { "rack": "3" }, "log_level": "debug", "services": [{ "name": "cache" }] });
        broken.as_object_mut().unwrap().extend(mistake.as_object().unwrap().clone());
        let before: Value = serde_json::from_slice(&std::fs::read(server.configure(&json!({}))).unwrap()).unwrap();
        server.configure(&broken);
        let refused = server.http.put("/v1/agent/reload", "").await.unwrap();
        assert!(refused.status == 500 && refused.text().contains(&named), "{named}: {}", refused.text());
        assert_eq!(look(server, &operator).await.as_ref(), Some(&now), "{named}");
        std::fs::write(server.configure(&json!({})), before.to_string()).unwrap();
    }
    assert_eq!(server.http.put("/v1/agent/reload", "").await.unwrap().status, 200);
    assert_eq!(look(server, &operator).await, Some(now));
}
