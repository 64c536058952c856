//! Every kind of peer under every policy, against the rules as they are written down.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::super::*;
use super::world::*;
use crate::Validity;
use crate::issue::{Grant, PrivateKey, Serial};

/// When the peers are looked at: leaves of 72 hours have expired, those of 100 have not.
const THEN: u64 = NOW + 73 * 3600;

/// What a peer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    OwnKey,
    Server,
    Gateway,
    ServerOnce,
    GatewayOnce,
    ServerElsewhere,
    ServerElsewhereOnce,
    ForeignServer,
    ForeignServerOnce,
}

const SHOWN: [Shown; 9] = [
    Shown::OwnKey,
    Shown::Server,
    Shown::Gateway,
    Shown::ServerOnce,
    Shown::GatewayOnce,
    Shown::ServerElsewhere,
    Shown::ServerElsewhereOnce,
    Shown::ForeignServer,
    Shown::ForeignServerOnce,
];

const LENIENT: Admission = Admission::Certified(Leniency { before: THEN + 1, from: u64::MAX });
const STRICT: Admission = Admission::Certified(Leniency { before: THEN, from: THEN + 1 });

/// What somebody counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    Server,
    Gateway,
    Nothing,
}

/// The rules, once more and in other words. `None` is let in nowhere.
fn expected(admission: Admission, shown: Shown, pinned: Option<PinnedRole>, founder: bool) -> Option<Counts> {
    match shown {
        Shown::Server => return Some(Counts::Server),
        Shown::Gateway => return Some(Counts::Gateway),
        _ if admission == Admission::Verified => return None,
        _ => {}
    }
    let trusted = match admission {
        Admission::Founding => true,
        LENIENT => match pinned? {
            PinnedRole::Server => founder || shown == Shown::ServerOnce,
            // A server may be a gateway.
            PinnedRole::Gateway => matches!(shown, Shown::GatewayOnce | Shown::ServerOnce),
            PinnedRole::Member => false,
        },
        _ => false,
    };
    Some(match pinned? {
        PinnedRole::Server if trusted => Counts::Server,
        PinnedRole::Gateway if trusted => Counts::Gateway,
        _ => Counts::Nothing,
    })
}

fn identity(world: &World, foreign: &World, key: &PrivateKey, shown: Shown) -> Identity {
    let signed = |by: &World, grant: &Grant, hours: u64| {
        let dc = by.dc(grant.id().dc().unwrap().as_str());
        let validity = Validity::starting(NOW, Duration::from_secs(hours * 3600)).unwrap();
        let leaf = dc.ca.sign_leaf(&key.leaf_csr(grant).unwrap(), grant, validity, Serial::from_random([5; 16])).unwrap();
        world.identity(vec![leaf, dc.ca.certificate().clone()], key)
    };
    let server = |name| Grant::server(trust_domain(), dc(name), "consul");
    match shown {
        Shown::OwnKey => world.node_of(key),
        Shown::Server => signed(world, &server("dc1"), 100),
        Shown::ServerOnce => signed(world, &server("dc1"), 72),
        Shown::Gateway => signed(world, &gateway("dc1"), 100),
        Shown::GatewayOnce => signed(world, &gateway("dc1"), 72),
        Shown::ServerElsewhere => signed(world, &server("dc2"), 100),
        Shown::ServerElsewhereOnce => signed(world, &server("dc2"), 72),
        Shown::ForeignServer => signed(foreign, &server("dc1"), 100),
        Shown::ForeignServerOnce => signed(foreign, &server("dc1"), 72),
    }
}

/// A node of dc1 at [`THEN`].
fn node(world: &World, keys: Identity, admission: Admission) -> (RpcTls, Arc<Pins>, Arc<TrustSlot>) {
    let (pins, trust, clock) = (Arc::new(Pins::new()), Arc::new(Slot::new(world.trust())), clock());
    clock.0.store(THEN, Relaxed);
    let tls = RpcTls::new(RpcParts {
        crypto: world.crypto.clone(),
        clock,
        keys: Arc::new(Keychain::new(keys)),
        trust: Arc::clone(&trust),
        pins: Arc::clone(&pins),
        admission,
        dc: dc("dc1"),
        domain: "consul".to_owned(),
    });
    (tls.unwrap(), pins, trust)
}

#[test]
fn each_peer_counts_as_what_the_rules_say() {
    let (world, foreign) = (World::new(), World::new());
    let roles = [None, Some(PinnedRole::Member), Some(PinnedRole::Server), Some(PinnedRole::Gateway)];
    for shown in SHOWN {
        let key = PrivateKey::generate().unwrap();
        let peers = identity(&world, &foreign, &key, shown);
        let (peer, _, its_trust) = node(&world, peers.clone(), Admission::Founding);
        // It is the judge here that is tried: the peer lets everyone in.
        let judge_key = PrivateKey::generate().unwrap();
        its_trust.store(world.trust());
        let judge_shown = identity(&world, &foreign, &judge_key, Shown::Server);
        for admission in [Admission::Founding, LENIENT, STRICT, Admission::Verified] {
            let (judge, pins, _) = node(&world, judge_shown.clone(), admission);
            for (pinned, founder) in roles.iter().flat_map(|role| [(*role, false), (*role, true)]) {
                pins.replace(pinned.map(|role| (key.spki_hash(), role)).into_iter().collect()).unwrap();
                pins.set_founders(founder.then(|| key.spki_hash()).into_iter().collect());
                let case = format!("{shown:?}, pinned as {pinned:?}, founder: {founder}, under {admission:?}");
                let expected = expected(admission, shown, pinned, founder);

                let caller = judge.peer(peers.chain(), THEN).ok();
                let counts = caller.map(|caller| match (caller.is_server(), caller.is_gateway()) {
                    (true, _) => Counts::Server,
                    (false, true) => Counts::Gateway,
                    (false, false) => Counts::Nothing,
                });
                assert_eq!(counts, expected, "as a caller: {case}");
                let called = |config| handshake(config, peer.server()).is_ok();
                assert_eq!(called(judge.client()), expected == Some(Counts::Server), "called as a server: {case}");
                let gateway = matches!(expected, Some(Counts::Server | Counts::Gateway));
                assert_eq!(called(judge.gateway_client()), gateway, "called as a gateway: {case}");
            }
        }
    }
}

#[test]
fn leniency_lasts_up_to_one_moment_and_from_another_on() {
    let leniency = Leniency { before: 10, from: 20 };
    let lasts: Vec<u64> = (8..22).filter(|now| leniency.lasts(*now)).collect();
    assert_eq!(lasts, [8, 9, 20, 21]);
    assert!(!Leniency::NONE.lasts(0) && !Leniency::NONE.lasts(u64::MAX - 1));
}
