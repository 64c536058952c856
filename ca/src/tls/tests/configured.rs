//! Certificates of the `tls` stanza, and the edges.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::super::*;
use super::world::*;
use crate::issue::PrivateKey;

/// An operator's CA that knows nothing of datacenters.
pub(super) struct Operator {
    ca_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Operator {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { ca_pem, issuer }
    }

    pub(super) fn trust(&self) -> Trust {
        Trust::from_ca_file(pem("ca_file", &self.ca_pem)).unwrap()
    }

    pub(super) fn identity(&self, world: &World, hosts: &[&str]) -> Identity {
        let (certificate, key) = self.files(hosts);
        Identity::configured(&world.crypto, pem("cert_file", &certificate), pem("key_file", &key)).unwrap()
    }

    /// `cert_file` and `key_file`.
    fn files(&self, hosts: &[&str]) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let hosts: Vec<String> = hosts.iter().map(|it| (*it).to_owned()).collect();
        let params = CertificateParams::new(hosts).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

fn pem<'a>(file: &'a str, content: &'a str) -> Pem<'a> {
    Pem { file, content: content.as_bytes() }
}

fn rpc(world: &World, operator: &Operator, hosts: &[&str]) -> RpcTls {
    RpcTls::new(RpcParts {
        crypto: world.crypto.clone(),
        clock: clock(),
        keys: Arc::new(Keychain::new(operator.identity(world, hosts))),
        trust: Arc::new(Slot::new(operator.trust())),
        pins: Arc::new(Pins::new()),
        admission: Admission::Verified,
        dc: dc("dc1"),
        domain: "consul".to_owned(),
    })
    .unwrap()
}

#[test]
fn an_operators_own_certificates_serve_rpc() {
    let (world, operator) = (World::new(), Operator::new());
    let server = rpc(&world, &operator, &["server.dc1.consul", "localhost"]);
    let agent = rpc(&world, &operator, &["agent.dc1.consul"]);
    let (_, connection) = handshake(agent.client(), server.server()).unwrap();
    let certificates = connection.peer_certificates().unwrap();
    let peer = server.peer(certificates, NOW).unwrap();
    assert_eq!(peer, RpcPeer::Configured { server: false, gateway: false });
    assert!(handshake(server.client(), agent.server()).is_err());

    let foreign = rpc(&world, &Operator::new(), &["server.dc1.consul"]);
    assert!(handshake(foreign.client(), server.server()).is_err());
}

#[test]
fn an_operators_certificate_without_identity_is_no_gateway() {
    let (world, operator) = (World::new(), Operator::new());
    let (certificate, key) = operator.files(&["server.dc1.consul"]);
    let files = (pem("c", &certificate), pem("k", &key));
    let identity = Identity::configured(&world.crypto, files.0, files.1).unwrap();
    let trust = Trust::from_ca_file(pem("ca_file", &operator.ca_pem)).unwrap();
    let wan = WanTls::new(WanParts {
        crypto: world.crypto.clone(),
        clock: clock(),
        identity: Arc::new(Keychain::new(identity.clone())),
        node: Arc::new(Keychain::new(world.node())),
        trust: Arc::new(Slot::new(trust)),
    });
    let refused = wan.peer_identity(identity.chain(), NOW);
    assert_eq!(refused, Err(PeerRefused::Unnamed));
}

#[test]
fn errors_name_the_file_and_never_its_content() {
    let (world, operator) = (World::new(), Operator::new());
    let (certificate, key) = operator.files(&["a.example"]);
    let (_, other_key) = operator.files(&["a.example"]);
    let load = |certificate: &str, key: &str| {
        let (c, k) = (pem("/etc/c.pem", certificate), pem("/etc/k.pem", key));
        Identity::configured(&world.crypto, c, k).err()
    };
    assert_eq!(load(&certificate, &key), None);
    for (certificate, key, file) in [
        ("", key.as_str(), "/etc/c.pem"),
        (key.as_str(), key.as_str(), "/etc/c.pem"),
        ("-----BEGIN CERTIFICATE-----\n!!", key.as_str(), "/etc/c.pem"),
        (certificate.as_str(), "", "/etc/k.pem"),
        (certificate.as_str(), certificate.as_str(), "/etc/k.pem"),
        (certificate.as_str(), other_key.as_str(), "/etc/k.pem"),
    ] {
        let text = load(certificate, key).unwrap().to_string();
        assert!(text.contains(file), "{text}");
        assert!(text.len() < 200, "{text}");
    }
    let broken = Trust::from_ca_file(pem("/etc/ca.pem", "nothing")).err();
    assert!(broken.unwrap().to_string().contains("/etc/ca.pem"));
}

#[test]
fn trust_has_bounds() {
    assert_eq!(Trust::federation(trust_domain(), &[]).err(), Some(InvalidTrust::Empty));
    let world = World::new();
    let many = vec![world.root.certificate().clone(); 257];
    assert_eq!(Trust::configured(&many).err(), Some(InvalidTrust::TooMany(257)));
    let nonsense = [rustls::pki_types::CertificateDer::from(vec![1, 2, 3])];
    assert!(matches!(Trust::configured(&nonsense).err(), Some(InvalidTrust::Root(0, _))));
}

#[test]
fn the_edge_serves_applications() {
    let (world, operator) = (World::new(), Operator::new());
    let (certificate, key) = operator.files(&["peer.example"]);
    let roots = pem("ca_file", &operator.ca_pem).certificates().unwrap();
    let identity = Identity::configured(&world.crypto, pem("c", &certificate), pem("k", &key)).unwrap();
    let keys = Arc::new(Keychain::new(identity));
    let edge = EdgeTls::new(clock());
    let protocols: [&[u8]; 2] = [b"h2", b"http/1.1"];

    let open = edge.server(Arc::clone(&keys), EdgeCallers::Anyone, &protocols).unwrap();
    let closed = edge.server(Arc::clone(&keys), EdgeCallers::Verified(&roots), &protocols).unwrap();
    let anonymous = edge.client(&roots, None, &[b"h2"]).unwrap();
    let known = edge.client(&roots, Some(keys), &[b"h2"]).unwrap();
    let (client, _) = handshake(Arc::clone(&anonymous), open).unwrap();
    assert_eq!(client.alpn_protocol(), Some(b"h2".as_slice()));
    assert!(handshake(anonymous, Arc::clone(&closed)).is_err());
    handshake(known, closed).unwrap();

    let stranger = edge.client(&[world.root.certificate().clone()], None, &[b"h2"]).unwrap();
    let wrong_root = edge.server(Arc::new(Keychain::new(world.node_of(&PrivateKey::generate().unwrap()))), EdgeCallers::Anyone, &protocols);
    assert!(handshake(stranger, wrong_root.unwrap()).is_err());
}
