//! Who is let in where an operator's certificates serve RPC: every kind of certificate, with every key gossip may pin.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::*;
use super::configured::Operator;
use super::world::*;
use crate::SpkiHash;
use crate::issue::{Grant, PrivateKey};

/// What a peer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// The operator's certificate, with this DNS name.
    Operators(&'static str),
    /// The same from another operator.
    Anothers(&'static str),
    /// A proper server's leaf of the built-in authority.
    BuiltIn,
    /// Its node key.
    NodeKey,
}

/// What it counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    Server,
    Gateway,
    Agent,
    Nobody,
}

const SHOWN: [Shown; 8] = [
    Shown::Operators("server.dc1.consul"),
    Shown::Operators("gateway.dc1.consul"),
    Shown::Operators("server.dc2.consul"),
    Shown::Operators("gateway.dc2.consul"),
    Shown::Operators("web.example"),
    Shown::Anothers("server.dc1.consul"),
    Shown::BuiltIn,
    Shown::NodeKey,
];

fn expected(shown: Shown, pinned: Option<PinnedRole>, admission: Admission) -> Counts {
    match shown {
        Shown::Operators("server.dc1.consul") => Counts::Server,
        Shown::Operators("gateway.dc1.consul") => Counts::Gateway,
        Shown::Operators(_) => Counts::Agent,
        _ if pinned == Some(PinnedRole::Member) && admission == Admission::VerifiedServers => Counts::Agent,
        _ => Counts::Nobody,
    }
}

fn node(world: &World, operator: &Operator, identity: Identity, pins: Pins, admission: Admission) -> RpcTls {
    RpcTls::new(RpcParts {
        crypto: world.crypto.clone(),
        clock: clock(),
        keys: Arc::new(Keychain::new(identity)),
        trust: Arc::new(Slot::new(operator.trust())),
        pins: Arc::new(pins),
        admission,
        dc: dc("dc1"),
        domain: "consul".to_owned(),
    })
    .unwrap()
}

#[test]
fn who_is_let_in_by_an_operators_certificates() {
    let (world, operator, another) = (World::new(), Operator::new(), Operator::new());
    let shown_by = |shown| match shown {
        Shown::Operators(host) => operator.identity(&world, &[host]),
        Shown::Anothers(host) => another.identity(&world, &[host]),
        Shown::BuiltIn => world.fresh_leaf(&Grant::server(trust_domain(), dc("dc1"), "consul")),
        Shown::NodeKey => world.node_of(&PrivateKey::generate().unwrap()),
    };
    for shown in SHOWN {
        let theirs = shown_by(shown);
        let key = SpkiHash::of_certificate(&theirs.chain()[0]).unwrap();
        // The peer lets anyone of ours in: only our own judgement is asked for.
        let peer = node(&world, &operator, theirs.clone(), Pins::new(), Admission::VerifiedServers);
        for pinned in [None, Some(PinnedRole::Server), Some(PinnedRole::Gateway), Some(PinnedRole::Member)] {
            for admission in [Admission::Verified, Admission::VerifiedServers] {
                let pins = Pins::new();
                pins.replace(pinned.map(|role| (key, role)).into_iter().collect::<BTreeMap<_, _>>()).unwrap();
                // A founder is nothing special here.
                pins.set_founders([key].into_iter().collect());
                let us = node(&world, &operator, operator.identity(&world, &["server.dc1.consul"]), pins, admission);
                let case = format!("{shown:?}, pinned as {pinned:?}, {admission:?}");
                let wanted = expected(shown, pinned, admission);
                let counts = match us.peer(theirs.chain(), NOW) {
                    Ok(peer) if peer.is_server() => Counts::Server,
                    Ok(peer) if peer.is_gateway() => Counts::Gateway,
                    Ok(_) => Counts::Agent,
                    Err(_) => Counts::Nobody,
                };
                assert_eq!(counts, wanted, "{case}");
                assert_eq!(handshake(peer.client(), us.server()).is_ok(), wanted != Counts::Nobody, "calls us: {case}");
                assert_eq!(handshake(us.client(), peer.server()).is_ok(), wanted == Counts::Server, "called as a server: {case}");
                let gateway = matches!(wanted, Counts::Server | Counts::Gateway);
                assert_eq!(handshake(us.gateway_client(), peer.server()).is_ok(), gateway, "called as a gateway: {case}");
            }
        }
    }
}
