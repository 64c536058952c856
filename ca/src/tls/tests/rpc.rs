//! RPC within a datacenter: pins, identities, and the switch between them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::super::*;
use super::world::*;
use crate::SpkiHash;
use crate::issue::{Grant, PrivateKey};
use crate::spiffe::SpiffeId;

/// A node of dc1 with slots that tests reach into.
struct Node {
    key: PrivateKey,
    keys: Arc<Keychain>,
    trust: Arc<TrustSlot>,
    pins: Arc<Pins>,
    clock: Arc<Clock>,
    tls: RpcTls,
}

fn node(world: &World, admission: Admission) -> Node {
    let key = PrivateKey::generate().unwrap();
    let keys = Arc::new(Keychain::new(world.node_of(&key)));
    let trust = Arc::new(Slot::new(Trust::nobody()));
    let (pins, clock) = (Arc::new(Pins::new()), clock());
    let tls = RpcTls::new(RpcParts {
        crypto: world.crypto.clone(),
        clock: clock.clone(),
        keys: Arc::clone(&keys),
        trust: Arc::clone(&trust),
        pins: Arc::clone(&pins),
        admission,
        dc: dc("dc1"),
        domain: "consul.".to_owned(),
    })
    .unwrap();
    Node { key, keys, trust, pins, clock, tls }
}

/// A node that has its leaf and the roots.
fn verified(world: &World, grant: &Grant) -> Node {
    let node = node(world, Admission::Verified);
    node.keys.replace(world.leaf(grant, &node.key));
    node.trust.store(world.trust());
    node
}

fn server_of(name: &str) -> Grant {
    Grant::server(trust_domain(), dc(name), "consul")
}

fn agent_of(name: &str) -> Grant {
    Grant::id_only(SpiffeId::Client { trust_domain: trust_domain(), dc: dc(name), node: "n1".parse().unwrap() })
}

/// A call from one to the other; who the called one says it was.
fn call(from: &Node, to: &Node) -> Result<RpcPeer, rustls::Error> {
    let (_, server) = handshake(from.tls.client(), to.tls.server())?;
    let now = to.clock.0.load(Relaxed);
    Ok(to.tls.peer(server.peer_certificates().unwrap(), now)?)
}

fn pin(node: &Node, known: &[(SpkiHash, PinnedRole)]) {
    node.pins.replace(known.iter().copied().collect()).unwrap();
}

#[test]
fn a_gateway_is_called_as_one_and_as_nothing_else() {
    let world = World::new();
    let (server, gateway) = (node(&world, Admission::Founding), node(&world, Admission::Founding));
    let known = [(server.key.spki_hash(), PinnedRole::Server), (gateway.key.spki_hash(), PinnedRole::Gateway)];
    pin(&server, &known);
    pin(&gateway, &known);
    assert!(call(&server, &gateway).is_err(), "a gateway is no server");
    assert!(handshake(server.tls.gateway_client(), gateway.tls.server()).is_ok());
    assert!(handshake(server.tls.gateway_client(), server.tls.server()).is_ok(), "a server may have a gateway within");
    let peer = call(&gateway, &server).unwrap();
    assert!(peer.is_gateway() && !peer.is_server());
}

#[test]
fn before_the_ca_pins_decide() {
    let world = World::new();
    let (server, agent) = (node(&world, Admission::Founding), node(&world, Admission::Founding));
    assert!(call(&agent, &server).is_err());
    let known = [(server.key.spki_hash(), PinnedRole::Server), (agent.key.spki_hash(), PinnedRole::Member)];
    pin(&agent, &known);
    assert!(call(&agent, &server).is_err(), "the server does not know it");
    pin(&server, &known);
    let peer = call(&agent, &server).unwrap();
    assert!(!peer.is_server());
    let key = agent.key.spki_hash();
    let role = PinnedRole::Member;
    assert_eq!(peer, RpcPeer::Pinned { key, role });
    // A member that is no server cannot be called as one.
    assert!(call(&server, &agent).is_err());
    pin(&server, &[]);
    assert!(call(&agent, &server).is_err());
}

#[test]
fn after_the_ca_servers_are_those_with_the_host_name() {
    let world = World::new();
    let server = verified(&world, &server_of("dc1"));
    let other = verified(&world, &server_of("dc1"));
    let agent = verified(&world, &agent_of("dc1"));
    assert_eq!(server.tls.server_name(), "server.dc1.consul");
    let peer = call(&agent, &server).unwrap();
    let id = agent_of("dc1").id().clone();
    assert_eq!(peer, RpcPeer::Verified { id, server: false });
    assert!(call(&other, &server).unwrap().is_server());
    // CVE-2021-37219: an agent's certificate of the same CA is no server's.
    assert!(call(&server, &agent).is_err());
    assert!(!call(&agent, &server).unwrap().is_server());
    // Pins count for nothing any more.
    let plain = node(&world, Admission::Founding);
    pin(&server, &[(plain.key.spki_hash(), PinnedRole::Server)]);
    pin(&plain, &[(server.key.spki_hash(), PinnedRole::Server)]);
    assert!(call(&plain, &server).is_err());
}

#[test]
fn identities_of_elsewhere_are_refused() {
    let world = World::new();
    let server = verified(&world, &server_of("dc1"));
    let service = Grant::id_only(SpiffeId::Service { trust_domain: trust_domain(), dc: dc("dc1"), name: "web".parse().unwrap() });
    for grant in [server_of("dc2"), agent_of("dc2"), gateway("dc2"), service] {
        let stranger = verified(&world, &grant);
        assert!(call(&stranger, &server).is_err(), "{:?}", grant.id());
        assert!(call(&server, &stranger).is_err(), "{:?}", grant.id());
    }
    assert!(call(&verified(&world, &gateway("dc1")), &server).is_ok());
}

#[test]
fn a_server_needs_identity_and_literal_host_name() {
    let world = World::new();
    let caller = verified(&world, &server_of("dc1"));
    let server_id = server_of("dc1").id().to_string();
    let agent_id = agent_of("dc1").id().to_string();
    for (id, name, good) in [
        (&server_id, "server.dc1.consul", true),
        (&server_id, "SERVER.dc1.consul", true),
        (&server_id, "*.dc1.consul", false),
        (&server_id, "server.dc2.consul", false),
        (&server_id, "server.dc1.consul.evil", false),
        (&agent_id, "server.dc1.consul", false),
    ] {
        let called = verified(&world, &server_of("dc1"));
        let (ca, pem) = (world.dc1.ca.certificate(), &world.dc1.ca_pem);
        let leaf = forge(ca, pem, &called.key, |it| {
            it.subject_alt_names = vec![uri(id), host(name)];
        });
        let identity = world.identity(vec![leaf, ca.clone()], &called.key);
        called.keys.replace(identity);
        assert_eq!(call(&caller, &called).is_ok(), good, "{id} {name}");
    }
}

#[test]
fn a_leaf_issued_by_another_datacenter_is_refused() {
    let world = World::new();
    let server = verified(&world, &server_of("dc1"));
    let forger = verified(&world, &server_of("dc1"));
    let (ca, pem) = (world.dc2.ca.certificate(), &world.dc2.ca_pem);
    let leaf = forge(ca, pem, &forger.key, |it| {
        let id = server_of("dc1").id().to_string();
        it.subject_alt_names = vec![uri(&id), host("server.dc1.consul")];
    });
    let identity = world.identity(vec![leaf, ca.clone()], &forger.key);
    forger.keys.replace(identity);
    assert!(call(&forger, &server).is_err());
    assert!(call(&server, &forger).is_err());
}

#[test]
fn while_switching_either_will_do() {
    let world = World::new();
    let old = node(&world, Admission::Founding);
    let new = node(&world, Admission::Founding);
    let known: BTreeMap<_, _> = [&old, &new].map(|it| (it.key.spki_hash(), PinnedRole::Server)).into();
    for it in [&old, &new] {
        it.pins.replace(known.clone()).unwrap();
    }
    let both = |old: &Node, new: &Node| (call(old, new).unwrap(), call(new, old).unwrap());
    both(&old, &new);
    // `new` gets its leaf and the roots; `old` knows no root yet, but finds the pinned key in the leaf.
    new.keys.replace(world.leaf(&server_of("dc1"), &new.key));
    new.trust.store(world.trust());
    let (by_new, by_old) = both(&old, &new);
    assert!(matches!(by_new, RpcPeer::Pinned { .. }));
    assert!(matches!(by_old, RpcPeer::Pinned { .. }));
    // `old` follows; now both verify, and the policy can be closed.
    old.keys.replace(world.leaf(&server_of("dc1"), &old.key));
    old.trust.store(world.trust());
    for it in [&old, &new] {
        it.pins.replace(BTreeMap::new()).unwrap();
        it.tls.set_admission(Admission::Verified);
    }
    let (by_new, by_old) = both(&old, &new);
    assert!(by_new.is_server() && by_old.is_server());
    assert!(matches!(by_new, RpcPeer::Verified { .. }));
}

#[test]
fn what_a_pinned_certificate_claims_is_not_believed() {
    let world = World::new();
    let foreign = World::new();
    let server = node(&world, Admission::Founding);
    server.trust.store(world.trust());
    server.keys.replace(world.leaf(&server_of("dc1"), &server.key));
    let liar = node(&world, Admission::Founding);
    let (root, pem) = (foreign.root.certificate(), &foreign.root_pem);
    let claim = forge(root, pem, &liar.key, |it| {
        let id = server_of("dc1").id().to_string();
        it.subject_alt_names = vec![uri(&id), host("server.dc1.consul")];
    });
    liar.keys.replace(world.identity(vec![claim], &liar.key));
    pin(&server, &[(liar.key.spki_hash(), PinnedRole::Member)]);
    pin(&liar, &[(server.key.spki_hash(), PinnedRole::Server)]);
    let peer = call(&liar, &server).unwrap();
    assert!(matches!(peer, RpcPeer::Pinned { .. }) && !peer.is_server());
    assert!(call(&server, &liar).is_err());
}

#[test]
fn expiry_is_seen_at_the_next_handshake() {
    let world = World::new();
    let server = verified(&world, &server_of("dc1"));
    let agent = verified(&world, &agent_of("dc1"));
    call(&agent, &server).unwrap();
    server.clock.0.store(NOW + 73 * 3600, Relaxed);
    let error = call(&agent, &server).unwrap_err();
    let expired = rustls::CertificateError::Expired;
    assert_eq!(error, rustls::Error::InvalidCertificate(expired));
}

#[test]
fn a_copied_certificate_without_its_key_is_of_no_use() {
    let world = World::new();
    let server = verified(&world, &server_of("dc1"));
    let victim = world.fresh_leaf(&server_of("dc1")).chain().to_vec();
    let thief = PrivateKey::generate().unwrap();
    assert!(Identity::new(&world.crypto, victim, &thief).is_err());
    drop(server);
}
