//! The pure rules, as data.

use crate::decide::{self, Due, Fresh, begin, due, forget, install, renew, renew_at, request, sign};
use crate::{LeafRole, Site};
use api::Code;
use api::federation::{CaInstall, CaRequest, CaSign, CaSigned, CaState};
use bytes::Bytes;
use ca::issue::{CaName, PrivateKey, Serial};
use std::collections::BTreeSet;

const NOW: u64 = 1_800_000_000;
const YEAR: u64 = decide::INTERMEDIATE_TTL.as_secs();

fn site(dc: &str) -> Site {
    Site::new(dc, "dc1", "consul").unwrap()
}

fn serial(seed: u8) -> Serial {
    Serial::from_random([seed; 16])
}

fn key() -> PrivateKey {
    PrivateKey::generate().unwrap()
}

fn federation(uuid: u8) -> CaState {
    let fresh = Fresh { uuid: [uuid; 16], root_key: key(), intermediate_key: key(), serials: [serial(uuid), serial(uuid + 1)] };
    begin(&site("dc1"), &CaState::default(), fresh, NOW).unwrap()
}

fn nobody() -> BTreeSet<String> {
    BTreeSet::new()
}

fn csr(key: &PrivateKey, dc: &str, trust_domain: &str) -> Bytes {
    let name = CaName { trust_domain: trust_domain.parse().unwrap(), dc: dc.parse().unwrap() };
    key.intermediate_csr(&name).unwrap().into()
}

fn intermediate_for(primary: &CaState, key: &PrivateKey, dc: &str, now: u64) -> CaSigned {
    let op = CaSign { request: csr(key, dc, &primary.trust_domain), role: "intermediate".into(), subject: dc.into() };
    sign(&site("dc1"), primary, &nobody(), &op, now, serial(9)).unwrap().reply
}

#[test]
fn the_primary_begins_once_and_renews_at_half_life_for_the_same_key() {
    let primary = federation(1);
    assert_eq!((primary.epoch, primary.roots.len()), (1, 1));
    assert!(primary.trust_domain.ends_with(".consul") && !primary.root_key.is_empty());
    let fresh = Fresh { uuid: [2; 16], root_key: key(), intermediate_key: key(), serials: [serial(1), serial(2)] };
    assert!(begin(&site("dc1"), &primary, fresh, NOW).unwrap_err().text.contains("belongs to trust domain"));
    let fresh = Fresh { uuid: [2; 16], root_key: key(), intermediate_key: key(), serials: [serial(1), serial(2)] };
    assert!(begin(&site("dc2"), &CaState::default(), fresh, NOW).unwrap_err().text.contains("the primary is dc1"));

    let half = renew_at(&primary).unwrap();
    assert!(half.abs_diff(NOW + YEAR / 2) <= 60);
    let renewed = renew(&site("dc1"), &primary, half, serial(3)).unwrap();
    assert_eq!((renewed.epoch, &renewed.intermediate_key), (2, &primary.intermediate_key));
    assert!(renewed.intermediate != primary.intermediate && renew_at(&renewed).unwrap() > half);
}

#[test]
fn what_is_due() {
    let primary = federation(1);
    let half = renew_at(&primary).unwrap();
    let mut signed = primary.clone();
    signed.secondaries.insert("dc2".into(), vec![0; 32]);
    let mut demoted = primary.clone();
    demoted.root_key = Bytes::new();
    let pending = CaState { epoch: 1, intermediate_key: primary.intermediate_key.clone(), ..CaState::default() };
    let end = NOW + decide::ROOT_TTL.as_secs();
    let last = renew(&site("dc1"), &primary, end - YEAR / 4, serial(3)).unwrap();
    for (dc, state, forgotten, now, wanted) in [
        ("dc1", &CaState::default(), "", NOW, Some(Due::Begin)),
        ("dc1", &pending, "", NOW, Some(Due::Begin)),
        ("dc2", &CaState::default(), "", NOW, None),
        ("dc1", &primary, "", half - 1, None),
        ("dc1", &primary, "", half, Some(Due::Renew)),
        ("dc1", &primary, "", half + 3 * YEAR, Some(Due::Renew)),
        ("dc2", &primary, "", half, None),
        ("dc1", &demoted, "", half, None),
        ("dc1", &signed, "dc3", NOW, None),
        ("dc1", &signed, "dc2", NOW, Some(Due::Forget)),
        // Below the root's end nothing is gained by a renewal.
        ("dc1", &last, "", end - 1, None),
    ] {
        let forgotten = BTreeSet::from([forgotten.to_owned()]);
        assert_eq!(due(&site(dc), state, &forgotten, now), wanted, "{dc} {state:?} {forgotten:?} {now}");
    }
}

#[test]
fn leaves_are_signed_for_their_role_alone() {
    let primary = federation(1);
    let trust_domain: ca::spiffe::TrustDomain = primary.trust_domain.parse().unwrap();
    let request = |role: LeafRole, dc: &str, domain: &str| {
        let grant = role.grant(trust_domain.clone(), dc.parse().unwrap(), domain);
        Bytes::from(key().leaf_csr(&grant).unwrap())
    };
    let server = request(LeafRole::Server, "dc1", "consul");
    let gateway = request(LeafRole::Gateway, "dc1", "consul");
    for (request, role, wanted) in [
        (&server, "server", Ok(())),
        (&gateway, "gateway", Ok(())),
        (&gateway, "server", Err(Code::BadRequest)),
        (&server, "gateway", Err(Code::BadRequest)),
        (&request(LeafRole::Server, "dc2", "consul"), "server", Err(Code::BadRequest)),
        (&request(LeafRole::Server, "dc1", "example"), "server", Err(Code::BadRequest)),
        (&server, "root", Err(Code::BadRequest)),
        (&Bytes::from_static(b"nonsense"), "server", Err(Code::BadRequest)),
    ] {
        let op = CaSign { request: request.clone(), role: role.into(), subject: "n1".into() };
        let decided = sign(&site("dc1"), &primary, &nobody(), &op, NOW, serial(4));
        assert_eq!(decided.as_ref().map(|_| ()).map_err(api::Error::kind), wanted, "{role}");
        let Ok(decided) = decided else { continue };
        assert!(decided.state.is_none());
        assert_eq!(decided.reply.chain[1], primary.intermediate);
        let leaf = decide::validity_of(&decided.reply.chain[0]).unwrap();
        assert_eq!(leaf.not_after(), NOW + 72 * 3600);
    }
    let op = CaSign { request: server, role: "server".into(), subject: "n1".into() };
    let error = sign(&site("dc2"), &CaState::default(), &nobody(), &op, NOW, serial(4)).unwrap_err();
    assert_eq!((error.kind(), error.text.as_str()), (Code::NotFound, "datacenter dc2 has no intermediate certificate yet"));
}

#[test]
fn an_intermediate_is_signed_by_the_primary_for_one_key() {
    let mut primary = federation(1);
    let (ours, theirs) = (key(), key());
    let ask = |state: &CaState, at: &str, key: &PrivateKey, subject: &str, forgotten: &str| {
        let op = CaSign { request: csr(key, "dc2", &primary.trust_domain), role: "intermediate".into(), subject: subject.into() };
        sign(&site(at), state, &BTreeSet::from([forgotten.to_owned()]), &op, NOW, serial(4))
    };
    let first = ask(&primary, "dc1", &ours, "dc2", "").unwrap();
    let recorded = first.state.unwrap();
    assert_eq!((recorded.epoch, first.reply.epoch), (2, 2));
    assert_eq!(recorded.secondaries["dc2"], ours.spki_hash().as_bytes());
    let again = ask(&recorded, "dc1", &ours, "dc2", "").unwrap();
    assert!(again.state.is_none());
    for (result, code, text) in [
        (ask(&recorded, "dc1", &theirs, "dc2", ""), Code::Conflict, "an operator must forget dc2 first"),
        (ask(&recorded, "dc1", &ours, "dc2", "dc2"), Code::Conflict, "dc2 is forgotten"),
        (ask(&primary, "dc2", &ours, "dc3", ""), Code::BadRequest, "the primary is dc1"),
        (ask(&primary, "dc1", &ours, "dc1", ""), Code::BadRequest, "dc1 is the primary itself"),
        (ask(&primary, "dc1", &ours, "dc3", ""), Code::BadRequest, "dc3"),
        (ask(&primary, "dc1", &ours, "DC2", ""), Code::BadRequest, "DC2"),
        (ask(&CaState::default(), "dc1", &ours, "dc2", ""), Code::NotFound, "dc1 has no intermediate"),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), code, "{error}");
        assert!(error.text.contains(text), "{error}");
    }
    let free = forget(&recorded, &BTreeSet::from(["dc2".to_owned()]));
    assert_eq!(free.epoch, 3);
    assert!(ask(&free, "dc1", &theirs, "dc2", "").is_ok());
    for other in 0..1024 {
        primary.secondaries.insert(format!("dc-{other}"), vec![0; 32]);
    }
    let op = CaSign { request: csr(&ours, "dc2", &primary.trust_domain), role: "intermediate".into(), subject: "dc2".into() };
    assert!(sign(&site("dc1"), &primary, &nobody(), &op, NOW, serial(4)).unwrap_err().text.contains("one too many"));
}

#[test]
fn every_leader_of_a_secondary_asks_for_the_same_key() {
    let primary = federation(1);
    let op = CaRequest { trust_domain: primary.trust_domain.clone() };
    let first = request(&site("dc2"), &CaState::default(), &op, &key(), NOW).unwrap();
    let pending = first.state.unwrap();
    assert!(pending.epoch == 1 && pending.trust_domain.is_empty() && !pending.intermediate_key.is_empty());
    let second = request(&site("dc2"), &pending, &op, &key(), NOW).unwrap();
    assert!(second.state.is_none() && !second.reply.request.is_empty());

    // The primary would sign either request for the same name.
    let ask = |request: Bytes, state: &CaState| {
        let op = CaSign { request, role: "intermediate".into(), subject: "dc2".into() };
        sign(&site("dc1"), state, &nobody(), &op, NOW, serial(4)).unwrap()
    };
    let recorded = ask(first.reply.request, &primary).state.unwrap();
    let signed = ask(second.reply.request, &recorded).reply;
    let installed = install(&site("dc2"), &pending, &CaInstall { signed: Some(signed.clone()) }, NOW).unwrap().state.unwrap();
    assert_eq!((installed.epoch, &installed.trust_domain), (2, &primary.trust_domain));
    assert!(installed.root_key.is_empty());
    assert!(install(&site("dc2"), &installed, &CaInstall { signed: Some(signed) }, NOW).unwrap().state.is_none());

    let half = renew_at(&installed).unwrap();
    assert!(request(&site("dc2"), &installed, &op, &key(), half - 1).unwrap().reply.request.is_empty());
    assert!(!request(&site("dc2"), &installed, &op, &key(), half).unwrap().reply.request.is_empty());
    assert!(request(&site("dc1"), &primary, &op, &key(), half).unwrap().reply.request.is_empty());
    for (trust_domain, code) in [("consul", Code::BadRequest), (federation(7).trust_domain.as_str(), Code::Conflict)] {
        let op = CaRequest { trust_domain: trust_domain.into() };
        assert_eq!(request(&site("dc2"), &installed, &op, &key(), half).unwrap_err().kind(), code);
    }
}

#[test]
fn what_is_not_installed() {
    let (primary, foreign) = (federation(1), federation(7));
    let mine = key();
    let pending = CaState { epoch: 1, intermediate_key: mine.to_secret_pem().into(), ..CaState::default() };
    let good = intermediate_for(&primary, &mine, "dc2", NOW);
    let joined = install(&site("dc2"), &pending, &CaInstall { signed: Some(good.clone()) }, NOW).unwrap().state.unwrap();
    let newer = intermediate_for(&primary, &mine, "dc2", NOW + 1000);
    let renewed = install(&site("dc2"), &joined, &CaInstall { signed: Some(newer) }, NOW + 1000).unwrap().state.unwrap();
    let abroad = intermediate_for(&foreign, &mine, "dc2", NOW);
    let leaf = {
        let grant = LeafRole::Gateway.grant(primary.trust_domain.parse().unwrap(), "dc1".parse().unwrap(), "consul");
        let op = CaSign { request: mine.leaf_csr(&grant).unwrap().into(), role: "gateway".into(), subject: "g".into() };
        sign(&site("dc1"), &primary, &nobody(), &op, NOW, serial(5)).unwrap().reply
    };
    let empty = CaState::default();
    let cases: Vec<(&str, &str, &CaState, CaSigned, u64, &str)> = vec![
        ("the primary", "dc1", &pending, good.clone(), NOW, "signs its own"),
        ("not asked for", "dc2", &empty, good.clone(), NOW, "has not asked"),
        ("another key", "dc2", &pending, intermediate_for(&primary, &key(), "dc2", NOW), NOW, "the key is not the certificate's"),
        ("another datacenter", "dc2", &pending, intermediate_for(&primary, &mine, "dc3", NOW), NOW, "is for dc3"),
        ("a leaf", "dc2", &pending, CaSigned { chain: vec![leaf.chain[0].clone()], ..leaf }, NOW, "not a CA's"),
        ("no chain", "dc2", &pending, CaSigned { chain: vec![], ..good.clone() }, NOW, "0 certificates"),
        ("a long chain", "dc2", &pending, CaSigned { chain: vec![good.chain[0].clone(); 2], ..good.clone() }, NOW, "2 certificates"),
        ("nonsense", "dc2", &pending, CaSigned { chain: vec![Bytes::from_static(b"?")], ..good.clone() }, NOW, "does not parse"),
        ("no roots", "dc2", &pending, CaSigned { roots: vec![], ..good.clone() }, NOW, "bundle is empty"),
        ("nonsense root", "dc2", &pending, CaSigned { roots: vec![Bytes::from_static(b"?")], ..good.clone() }, NOW, "root number 0"),
        ("others' roots", "dc2", &pending, CaSigned { roots: foreign.roots.clone(), ..good.clone() }, NOW, "none of the roots"),
        ("others' name", "dc2", &pending, CaSigned { trust_domain: foreign.trust_domain, ..good.clone() }, NOW, "is for dc2 of"),
        ("no trust domain", "dc2", &pending, CaSigned { trust_domain: "x".into(), ..good.clone() }, NOW, "trust domain \"x\""),
        ("another federation", "dc2", &joined, abroad, NOW, "belongs to trust domain"),
        ("too late", "dc2", &pending, good.clone(), NOW + YEAR + 1, "it is"),
        ("too early", "dc2", &pending, good.clone(), NOW - 61, "it is"),
        ("an older one", "dc2", &renewed, good.clone(), NOW + 1000, "ends before"),
    ];
    for (name, dc, state, signed, now, text) in cases {
        let error = install(&site(dc), state, &CaInstall { signed: Some(signed) }, now).unwrap_err();
        assert!(error.text.contains(text), "{name}: {error}");
        assert!(!error.text.contains("PRIVATE"), "{name}");
    }
    assert!(install(&site("dc2"), &pending, &CaInstall { signed: None }, NOW).is_err());
    // Every single bit of what is signed, and of the signature, counts.
    for at in 0..good.chain[0].len() {
        let mut bytes = good.chain[0].to_vec();
        bytes[at] ^= 1;
        let forged = CaSigned { chain: vec![bytes.into()], ..good.clone() };
        let forged = CaInstall { signed: Some(forged) };
        assert!(install(&site("dc2"), &pending, &forged, NOW).is_err(), "byte {at}");
    }
}

#[test]
fn keys_are_never_printed() {
    let state = federation(1);
    let error =
        format!("{:?}", decide::renew(&site("dc1"), &CaState { root_key: Bytes::from_static(b"SECRET"), ..state.clone() }, NOW, serial(1)));
    assert!(!error.contains("SECRET") && error.contains("stored key of the root"), "{error}");
    assert!(!format!("{state:?}").contains("PRIVATE"));
}
