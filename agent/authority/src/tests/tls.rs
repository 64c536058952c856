//! What is signed is good for the links it is made for, and for no others.

use super::leaves::Node;
use super::world::{Clock, Server, carry, primary};
use crate::LeafRole;
use ca::tls::{Admission, WAN_ALPN, WanParts, WanPeer, WanTls};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ConnectionCommon, Error, ServerConfig, ServerConnection, SideData};
use std::sync::Arc;

async fn node(server: &Server, dc: &str, role: LeafRole, clock: &Arc<Clock>) -> Node {
    let mut node = Node::of(server, dc, role, clock);
    node.is_certified(true).await;
    node.trust.rpc.set_admission(Admission::Verified);
    node
}

fn wan(node: &Node) -> WanTls {
    let trust = &node.trust;
    WanTls::new(WanParts {
        crypto: trust.crypto.clone(),
        clock: Arc::clone(&trust.clock),
        identity: Arc::clone(&trust.keys),
        node: Arc::clone(&trust.node),
        trust: Arc::clone(&trust.roots),
    })
}

#[tokio::test(start_paused = true)]
async fn servers_and_gateways_of_a_datacenter_verify_each_other() {
    let clock = Clock::new();
    let (dc1, dc2) = (primary(&clock).await, Server::new("dc2", &clock));
    carry(&dc1, &dc2, "dc2").await.unwrap().unwrap();
    let server = node(&dc1, "dc1", LeafRole::Server, &clock).await;
    let other = node(&dc1, "dc1", LeafRole::Server, &clock).await;
    let gateway = node(&dc1, "dc1", LeafRole::Gateway, &clock).await;
    let abroad = node(&dc2, "dc2", LeafRole::Server, &clock).await;

    let (_, met) = handshake(other.trust.rpc.client(), server.trust.rpc.server()).unwrap();
    assert!(server.trust.rpc.peer(met.peer_certificates().unwrap(), clock.now()).unwrap().is_server());
    let (_, met) = handshake(gateway.trust.rpc.client(), server.trust.rpc.server()).unwrap();
    let peer = server.trust.rpc.peer(met.peer_certificates().unwrap(), clock.now()).unwrap();
    assert!(peer.is_gateway() && !peer.is_server());
    assert!(handshake(server.trust.rpc.gateway_client(), gateway.trust.rpc.server()).is_ok());

    assert!(handshake(server.trust.rpc.client(), gateway.trust.rpc.server()).is_err(), "a gateway is no server");
    assert!(handshake(abroad.trust.rpc.client(), server.trust.rpc.server()).is_err(), "dc2's servers are not dc1's");
}

#[tokio::test(start_paused = true)]
async fn gateways_of_two_datacenters_verify_each_other() {
    let clock = Clock::new();
    let (dc1, dc2) = (primary(&clock).await, Server::new("dc2", &clock));
    carry(&dc1, &dc2, "dc2").await.unwrap().unwrap();
    let one = node(&dc1, "dc1", LeafRole::Gateway, &clock).await;
    let two = node(&dc2, "dc2", LeafRole::Gateway, &clock).await;
    let server = node(&dc2, "dc2", LeafRole::Server, &clock).await;

    let (_, met) = handshake(wan(&one).client(&"dc2".parse().unwrap()).unwrap(), wan(&two).server().unwrap()).unwrap();
    let peer = wan(&two).peer(WAN_ALPN, met.peer_certificates().unwrap(), clock.now());
    assert_eq!(peer, Ok(WanPeer::Gateway("dc1".parse().unwrap())));
    assert!(handshake(wan(&one).client(&"dc3".parse().unwrap()).unwrap(), wan(&two).server().unwrap()).is_err(), "not dc3's");
    assert!(handshake(wan(&server).client(&"dc1".parse().unwrap()).unwrap(), wan(&one).server().unwrap()).is_err(), "no gateway");

    let stranger = primary(&clock).await;
    let foreign = node(&stranger, "dc1", LeafRole::Gateway, &clock).await;
    assert!(handshake(wan(&foreign).client(&"dc2".parse().unwrap()).unwrap(), wan(&two).server().unwrap()).is_err(), "another federation");
}

/// Carries bytes to and fro until nobody has any; the error is that of the side that refused first.
pub(super) fn handshake(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Result<(ClientConnection, ServerConnection), Error> {
    let name = ServerName::try_from("server.dc1.consul").unwrap();
    let mut ends = (ClientConnection::new(client, name).unwrap(), ServerConnection::new(server).unwrap());
    while pass(&mut ends.0, &mut ends.1)? | pass(&mut ends.1, &mut ends.0)? {}
    assert!(!ends.0.is_handshaking() && !ends.1.is_handshaking());
    Ok(ends)
}

fn pass<A: SideData, B: SideData>(from: &mut ConnectionCommon<A>, to: &mut ConnectionCommon<B>) -> Result<bool, Error> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        to.read_tls(&mut rest).unwrap();
        to.process_new_packets()?;
    }
    Ok(!bytes.is_empty())
}
