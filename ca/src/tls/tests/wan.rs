//! Gateways, forgeries, strangers.

use std::sync::Arc;

use proptest::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyUsagePurpose};
use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::{HandshakeKind, NamedGroup, ProtocolVersion};

use super::super::*;
use super::world::*;
use crate::BadNames;
use crate::issue::{Grant, PrivateKey, RootAuthority, Serial};
use crate::spiffe::SpiffeId;

#[test]
fn two_gateways_meet() {
    let world = World::new();
    let one = world.wan(world.fresh_leaf(&gateway("dc1")));
    let two = world.wan(world.fresh_leaf(&gateway("dc2")));
    let client = one.client(&dc("dc2")).unwrap();
    let (client, server) = handshake(client, two.server().unwrap()).unwrap();

    assert_eq!(client.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let group = client.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, NamedGroup::X25519MLKEM768);
    assert_eq!(server.alpn_protocol(), Some(WAN_ALPN));
    let certificates = server.peer_certificates().unwrap();
    let peer = two.peer(WAN_ALPN, certificates, NOW).unwrap();
    assert_eq!(peer, WanPeer::Gateway(dc("dc1")));
    let counted = CounterValues { x25519_mlkem768: 2, admitted: 2, ..CounterValues::default() };
    assert_eq!(world.crypto.counters().values(), counted);
}

#[test]
fn the_called_datacenter_is_the_expected_one() {
    let world = World::new();
    let one = world.wan(world.fresh_leaf(&gateway("dc1")));
    let error = handshake(one.client(&dc("dc2")).unwrap(), one.server().unwrap()).err();
    assert!(format!("{error:?}").contains("Datacenter"), "{error:?}");
    assert_eq!(world.crypto.counters().values().misnamed, 1);
}

/// Shows a chain to a proper gateway of dc2, as caller and as called; both must fail. Says why.
fn refused(world: &World, chain: Vec<CertificateDer<'static>>, key: &PrivateKey) -> PeerRefused {
    let honest = world.wan(world.fresh_leaf(&gateway("dc2")));
    let forger = world.wan(world.identity(chain.clone(), key));
    let call = handshake(forger.client(&dc("dc2")).unwrap(), honest.server().unwrap());
    assert!(call.is_err(), "let in as caller");
    let called = handshake(honest.client(&dc("dc1")).unwrap(), forger.server().unwrap());
    assert!(called.is_err(), "accepted as called");
    honest.peer_identity(&chain, NOW).unwrap_err()
}

/// What dc1's true intermediate would sign if its key were abused.
fn abused(world: &World, shape: impl FnOnce(&mut CertificateParams)) -> PeerRefused {
    let key = PrivateKey::generate().unwrap();
    let ca = world.dc1.ca.certificate();
    let leaf = forge(ca, &world.dc1.ca_pem, &key, shape);
    refused(world, vec![leaf, ca.clone()], &key)
}

fn id(grant: &Grant) -> String {
    grant.id().to_string()
}

#[test]
fn a_foreign_federation_is_refused() {
    let world = World::new();
    let foreign = World::new();
    let key = PrivateKey::generate().unwrap();
    let chain = foreign.leaf(&gateway("dc1"), &key).chain().to_vec();
    assert!(matches!(refused(&world, chain.clone(), &key), PeerRefused::Path(_)));
    // With our intermediate of the same name behind it, the signature is what fails.
    let mixed = vec![chain[0].clone(), world.dc1.ca.certificate().clone()];
    assert!(matches!(refused(&world, mixed, &key), PeerRefused::Path(_)));
    // Bringing one's root along does not help.
    let mut rooted = chain;
    rooted.push(foreign.root.certificate().clone());
    assert!(matches!(refused(&world, rooted, &key), PeerRefused::Path(_)));
}

#[test]
fn another_trust_domain_is_refused() {
    let world = World::new();
    let other = "22222222-2222-3333-4444-555555555555.consul";
    let reason = abused(&world, |it| {
        it.subject_alt_names = vec![uri(&format!("spiffe://{other}/gateway/mesh/dc/dc1"))];
    });
    assert!(matches!(reason, PeerRefused::TrustDomain(_)), "{reason}");
}

#[test]
fn a_leaf_of_another_datacenters_intermediate_is_refused() {
    let world = World::new();
    let key = PrivateKey::generate().unwrap();
    let (issuer, pem) = (world.dc2.ca.certificate(), &world.dc2.ca_pem);
    let leaf = forge(issuer, pem, &key, |it| {
        it.subject_alt_names = vec![uri(&id(&gateway("dc1")))];
    });
    let expected = PeerRefused::IssuerOfOther { leaf: dc("dc1"), issuer: dc("dc2") };
    let chain = vec![leaf.clone(), issuer.clone()];
    assert_eq!(refused(&world, chain, &key), expected);
    // Nor when the right intermediate is shown beside it, in either order: the verified path counts.
    let right = world.dc1.ca.certificate();
    let decoy = vec![leaf.clone(), right.clone(), issuer.clone()];
    assert_eq!(refused(&world, decoy, &key), expected);
    let decoy = vec![leaf, issuer.clone(), right.clone()];
    assert_eq!(refused(&world, decoy, &key), expected);
}

#[test]
fn a_swapped_chain_is_refused() {
    let world = World::new();
    let leaf = world.fresh_leaf(&gateway("dc1")).chain().to_vec();
    let swapped = vec![leaf[1].clone(), leaf[0].clone()];
    let key = PrivateKey::from_pem(&world.dc1.ca_pem).unwrap();
    assert_eq!(refused(&world, swapped, &key), PeerRefused::Path(webpki::Error::CaUsedAsEndEntity));
}

#[test]
fn names_must_be_one_clean_id() {
    let world = World::new();
    let (one, two) = (id(&gateway("dc1")), id(&gateway("dc2")));
    let reason = abused(&world, |it| {
        it.subject_alt_names = vec![uri(&one), uri(&two)];
    });
    assert_eq!(reason, PeerRefused::Names(BadNames::UriCount(2)));
    let reason = abused(&world, |_| {});
    assert_eq!(reason, PeerRefused::Names(BadNames::UriCount(0)));
    for odd in ["\0", "\0.evil", " ", "\n", "\u{7f}"] {
        let reason = abused(&world, |it| {
            it.subject_alt_names = vec![uri(&format!("{one}{odd}"))];
        });
        assert_eq!(reason, PeerRefused::Names(BadNames::OddByte), "{odd:?}");
    }
    let nul_host = abused(&world, |it| {
        it.subject_alt_names = vec![uri(&one), host("server.dc1.consul\0.evil")];
    });
    assert_eq!(nul_host, PeerRefused::Names(BadNames::OddByte));
    for spelling in [one.replace("dc1", "DC1"), one.replace("dc1", "dc%31")] {
        let reason = abused(&world, |it| it.subject_alt_names = vec![uri(&spelling)]);
        assert!(matches!(reason, PeerRefused::Names(BadNames::Id(_))));
    }
    let many = abused(&world, |it| {
        it.subject_alt_names = vec![uri(&one)];
        let hosts = (0..64).map(|n| host(&format!("h{n}.example")));
        it.subject_alt_names.extend(hosts);
    });
    assert_eq!(many, PeerRefused::Names(BadNames::TooMany));
}

#[test]
fn other_roles_have_no_business_between_gateways() {
    let world = World::new();
    let server = Grant::server(trust_domain(), dc("dc1"), "consul");
    let service = Grant::id_only(SpiffeId::Service { trust_domain: trust_domain(), dc: dc("dc1"), name: "web".parse().unwrap() });
    for grant in [server, service] {
        let key = PrivateKey::generate().unwrap();
        let chain = world.leaf(&grant, &key).chain().to_vec();
        let reason = refused(&world, chain, &key);
        assert_eq!(reason, PeerRefused::Role(grant.id().clone()));
    }
}

#[test]
fn expired_and_early_leaves_are_refused() {
    let world = World::new();
    let honest = world.wan(world.fresh_leaf(&gateway("dc2")));
    let caller = world.fresh_leaf(&gateway("dc1"));
    let at = |now| honest.peer_identity(caller.chain(), now);
    assert!(at(NOW).is_ok());
    assert!(matches!(at(NOW + 73 * 3600), Err(PeerRefused::Path(webpki::Error::CertExpired { .. }))));
    assert!(matches!(at(NOW - 61), Err(PeerRefused::Path(webpki::Error::CertNotValidYet { .. }))));
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let reason = abused(&world, |it| {
        it.subject_alt_names = vec![uri(&id(&gateway("dc1")))];
        it.not_after = epoch + std::time::Duration::from_secs(NOW - 1);
    });
    assert!(matches!(reason, PeerRefused::Path(webpki::Error::CertExpired { .. })));
}

#[test]
fn only_an_intermediate_directly_under_the_root_issues() {
    let world = World::new();
    let grant = gateway("dc1");
    let key = PrivateKey::generate().unwrap();
    let named = |it: &mut CertificateParams| it.subject_alt_names = vec![uri(&id(&grant))];

    // The root itself.
    let leaf = forge(world.root.certificate(), &world.root_pem, &key, named);
    assert_eq!(refused(&world, vec![leaf], &key), PeerRefused::IssuerUnnamed);

    // A leaf that signs another one.
    let middle_key = PrivateKey::generate().unwrap();
    let middle = world.leaf(&grant, &middle_key).chain().to_vec();
    let leaf = forge(&middle[0], &middle_key.to_secret_pem(), &key, named);
    let chain = vec![leaf, middle[0].clone(), middle[1].clone()];
    assert!(matches!(refused(&world, chain, &key), PeerRefused::Path(_)));

    // dc2's intermediate that makes itself an intermediate of "dc1": path length 0 forbids it.
    let (issuer, pem) = (world.dc2.ca.certificate(), &world.dc2.ca_pem);
    let sub_key = PrivateKey::generate().unwrap();
    let sub = forge(issuer, pem, &sub_key, |it| {
        it.subject_alt_names = vec![uri(&format!("spiffe://{}", trust_domain()))];
        it.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        it.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let mut name = rcgen::DistinguishedName::new();
        name.push(rcgen::DnType::OrganizationName, trust_domain().as_str());
        name.push(rcgen::DnType::OrganizationalUnitName, "Datacenter CA");
        name.push(rcgen::DnType::CommonName, "dc1");
        it.distinguished_name = name;
    });
    let leaf = forge(&sub, &sub_key.to_secret_pem(), &key, named);
    let chain = vec![leaf, sub, issuer.clone()];
    assert!(matches!(refused(&world, chain, &key), PeerRefused::Path(_)));
}

#[test]
fn a_second_intermediate_on_the_path_is_refused() {
    let world = World::new();
    let grant = gateway("dc1");
    let ca_of = |name: &str| {
        let mut subject = rcgen::DistinguishedName::new();
        subject.push(rcgen::DnType::OrganizationName, trust_domain().as_str());
        subject.push(rcgen::DnType::OrganizationalUnitName, "Datacenter CA");
        subject.push(rcgen::DnType::CommonName, name);
        move |it: &mut CertificateParams| {
            it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            it.key_usages = vec![KeyUsagePurpose::KeyCertSign];
            it.distinguished_name = subject;
        }
    };
    // As if the root had once forgotten the path length: dc2 then makes itself a "dc1".
    let (upper_key, lower_key, key) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let upper = forge(world.root.certificate(), &world.root_pem, &upper_key, ca_of("dc2"));
    let lower = forge(&upper, &upper_key.to_secret_pem(), &lower_key, ca_of("dc1"));
    let leaf = forge(&lower, &lower_key.to_secret_pem(), &key, |it| it.subject_alt_names = vec![uri(&id(&grant))]);
    assert_eq!(refused(&world, vec![leaf, lower, upper], &key), PeerRefused::IssuerUnnamed);
}

#[test]
fn a_self_signed_stranger_is_refused_on_the_wan_protocol() {
    let world = World::new();
    let key = PrivateKey::generate().unwrap();
    let node = world.node_of(&key).chain().to_vec();
    assert_eq!(refused(&world, node, &key), PeerRefused::Names(BadNames::UriCount(0)));
    // Also when it claims to be a gateway.
    let own_root = World::new();
    let (root, pem) = (own_root.root.certificate(), &own_root.root_pem);
    let forged = forge(root, pem, &key, |it| {
        it.subject_alt_names = vec![uri(&id(&gateway("dc1")))];
    });
    assert!(matches!(refused(&world, vec![forged], &key), PeerRefused::Path(_)));
}

#[test]
fn oversized_chains_are_refused_unread() {
    let world = World::new();
    let key = PrivateKey::generate().unwrap();
    let mut chain = world.leaf(&gateway("dc1"), &key).chain().to_vec();
    chain.extend(vec![chain[1].clone(); 9]);
    assert_eq!(refused(&world, chain, &key), PeerRefused::TooLarge);
    let huge = [CertificateDer::from(vec![0x30; 20_000])];
    let honest = world.wan(world.fresh_leaf(&gateway("dc2")));
    assert_eq!(honest.peer_identity(&huge, NOW), Err(PeerRefused::TooLarge));
    assert_eq!(honest.peer_identity(&[], NOW), Err(PeerRefused::NoCertificate));
}

#[test]
fn no_session_is_resumed_and_a_change_of_trust_holds_at_once() {
    let world = World::new();
    let one = world.wan(world.fresh_leaf(&gateway("dc1")));
    let trust = Arc::new(Slot::new(world.trust()));
    let two = WanTls::new(WanParts {
        crypto: world.crypto.clone(),
        clock: clock(),
        identity: Arc::new(Keychain::new(world.fresh_leaf(&gateway("dc2")))),
        node: Arc::new(Keychain::new(world.node())),
        trust: Arc::clone(&trust),
    });
    // A caller that would like to resume, with early data, and a server configuration that is kept.
    let mut eager = (*one.client(&dc("dc2")).unwrap()).clone();
    eager.resumption = Resumption::in_memory_sessions(8);
    eager.enable_early_data = true;
    let eager = Arc::new(eager);
    let server = two.server().unwrap();
    for _ in 0..2 {
        let (client, _) = handshake(Arc::clone(&eager), Arc::clone(&server)).unwrap();
        assert_eq!(client.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(client.tls13_tickets_received(), 0);
    }
    let other = World::new();
    trust.store(other.trust());
    assert!(handshake(eager, server).is_err());
}

#[test]
fn identities_are_replaced_without_new_configurations() {
    let world = World::new();
    let identity = Arc::new(Keychain::new(world.node()));
    let young = WanTls::new(WanParts {
        crypto: world.crypto.clone(),
        clock: clock(),
        identity: Arc::clone(&identity),
        node: Arc::new(Keychain::new(world.node())),
        trust: Arc::new(Slot::new(world.trust())),
    });
    let old = world.wan(world.fresh_leaf(&gateway("dc2")));
    let client = young.client(&dc("dc2")).unwrap();
    assert!(handshake(Arc::clone(&client), old.server().unwrap()).is_err());
    identity.replace(world.fresh_leaf(&gateway("dc1")));
    handshake(client, old.server().unwrap()).unwrap();
}

#[test]
fn both_roots_count_during_a_rotation() {
    let world = World::new();
    let serial = Serial::from_random([8; 16]);
    let key = PrivateKey::generate().unwrap();
    let next = RootAuthority::create(key, trust_domain(), hours(87600), serial).unwrap();
    let renewed = Dc::new(&next, "dc1");
    let key = PrivateKey::generate().unwrap();
    let csr = key.leaf_csr(&gateway("dc1")).unwrap();
    let leaf = renewed.ca.sign_leaf(&csr, &gateway("dc1"), hours(72), serial).unwrap();
    let moved = world.identity(vec![leaf, renewed.ca.certificate().clone()], &key);
    let stayed = world.fresh_leaf(&gateway("dc2"));
    let bundle = [world.root.certificate().clone(), next.certificate().clone()];
    let wan = |identity| {
        WanTls::new(WanParts {
            crypto: world.crypto.clone(),
            clock: clock(),
            identity: Arc::new(Keychain::new(identity)),
            node: Arc::new(Keychain::new(world.node())),
            trust: Arc::new(Slot::new(Trust::federation(trust_domain(), &bundle).unwrap())),
        })
    };
    let (moved, stayed) = (wan(moved), wan(stayed));
    handshake(moved.client(&dc("dc2")).unwrap(), stayed.server().unwrap()).unwrap();
    handshake(stayed.client(&dc("dc1")).unwrap(), moved.server().unwrap()).unwrap();
}

#[test]
fn a_caller_offers_one_protocol_of_ours() {
    let world = World::new();
    let one = world.wan(world.fresh_leaf(&gateway("dc1")));
    let two = world.wan(world.fresh_leaf(&gateway("dc2")));
    for protocols in [vec![WAN_ALPN, JOIN_ALPN], vec![], vec![b"h3".as_slice()]] {
        let mut client = (*one.client(&dc("dc2")).unwrap()).clone();
        client.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        assert!(handshake(Arc::new(client), two.server().unwrap()).is_err());
    }
    let chain = world.fresh_leaf(&gateway("dc1"));
    assert_eq!(two.peer(b"h3", chain.chain(), NOW), Err(PeerRefused::Protocol));
}

#[test]
fn a_configuration_kept_for_a_second_connection_does_not_mix_protocols() {
    let world = World::new();
    let honest = world.wan(world.fresh_leaf(&gateway("dc2")));
    let stranger = world.wan(world.node());
    let server = honest.server().unwrap();
    handshake(stranger.join_client().unwrap(), Arc::clone(&server)).unwrap();
    // Were the note of the first connection read here, the stranger would be let in on the WAN protocol.
    assert!(handshake(stranger.client(&dc("dc2")).unwrap(), server).is_err());
}

#[test]
fn classical_key_exchange_is_refused() {
    let world = World::new();
    let two = world.wan(world.fresh_leaf(&gateway("dc2")));
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.kx_groups = vec![rustls::crypto::aws_lc_rs::kx_group::X25519];
    let classical = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let mut classical = classical;
    classical.alpn_protocols = vec![WAN_ALPN.to_vec()];
    assert!(handshake(Arc::new(classical), two.server().unwrap()).is_err());
}

#[test]
fn a_caller_without_certificate_is_refused() {
    let world = World::new();
    let two = world.wan(world.fresh_leaf(&gateway("dc2")));
    for protocol in [WAN_ALPN, JOIN_ALPN] {
        let provider = Arc::clone(world.crypto.provider());
        let mut bare = rustls::ClientConfig::builder_with_details(provider, clock())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(rustls::RootCertStore { roots: world.trust().anchors().to_vec() })
            .with_no_client_auth();
        bare.alpn_protocols = vec![protocol.to_vec()];
        assert!(handshake(Arc::new(bare), two.server().unwrap()).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..2000, flip in 1u8..) {
        let world = World::new();
        let honest = world.wan(world.fresh_leaf(&gateway("dc2")));
        let nonsense = [CertificateDer::from(bytes)];
        prop_assert!(honest.peer_identity(&nonsense, NOW).is_err());
        // Any changed byte of leaf or intermediate breaks the path.
        let mut chain: Vec<Vec<u8>> = world.fresh_leaf(&gateway("dc1")).chain().iter().map(|it| it.to_vec()).collect();
        let which = at % 2;
        let at = at % chain[which].len();
        chain[which][at] ^= flip;
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::from).collect();
        prop_assert!(honest.peer_identity(&chain, NOW).is_err());
    }
}
