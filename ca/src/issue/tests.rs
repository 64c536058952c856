#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, KeyPair, SanType};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::*;
use crate::spiffe::{DcName, SpiffeId, TrustDomain};
use crate::{BadNames, SpkiHash, Validity};

const NOW: u64 = 1_800_000_000;

fn trust_domain() -> TrustDomain {
    "11111111-2222-3333-4444-555555555555.consul".parse().unwrap()
}

fn dc(name: &str) -> DcName {
    name.parse().unwrap()
}

fn hours(hours: u64) -> Validity {
    Validity::starting(NOW, Duration::from_secs(hours * 3600)).unwrap()
}

fn root() -> RootAuthority {
    let key = PrivateKey::generate().unwrap();
    RootAuthority::create(key, trust_domain(), hours(87600), Serial::from_random([1; 16])).unwrap()
}

fn intermediate(root: &RootAuthority, name: &str) -> Intermediate {
    let key = PrivateKey::generate().unwrap();
    let name = CaName { trust_domain: trust_domain(), dc: dc(name) };
    let csr = key.intermediate_csr(&name).unwrap();
    let serial = Serial::from_random([2; 16]);
    let signed = root.sign_intermediate(&csr, &name.dc, hours(8760), serial).unwrap();
    Intermediate::load(signed, key).unwrap()
}

fn web() -> Grant {
    Grant::id_only(SpiffeId::Service { trust_domain: trust_domain(), dc: dc("dc1"), name: "web".parse().unwrap() })
}

/// Signs a hand-made request for `web` in dc1.
fn refused(key: &KeyPair, shape: impl FnOnce(&mut CertificateParams)) -> CsrRefused {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    shape(&mut params);
    let csr = params.serialize_request(key).unwrap();
    let signer = intermediate(&root(), "dc1");
    match signer.sign_leaf(csr.der(), &web(), hours(72), Serial::from_random([3; 16])) {
        Err(IssueError::Csr(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

#[test]
fn a_leaf_says_what_was_granted() {
    let signer = intermediate(&root(), "dc1");
    let key = PrivateKey::generate().unwrap();
    let grant = Grant::server(trust_domain(), dc("dc1"), "Consul.");
    assert_eq!(grant.dns(), ["server.dc1.consul"]);
    let csr = key.leaf_csr(&grant).unwrap();
    let leaf = signer.sign_leaf(&csr, &grant, hours(72), Serial::from_random([0xff; 16])).unwrap();
    let (_, parsed) = X509Certificate::from_der(&leaf).unwrap();
    assert!(!parsed.is_ca());
    assert_eq!(parsed.raw_serial()[0], 0x7f);
    assert_eq!(parsed.validity().not_before.timestamp() as u64, NOW - 60);
    assert_eq!(parsed.validity().not_after.timestamp() as u64, NOW + 72 * 3600);
    assert_eq!(SpkiHash::of_certificate(&leaf).unwrap(), key.spki_hash());
    let names = crate::names::Names::of_extensions(parsed.extensions()).unwrap();
    assert_eq!(&names.one_id().unwrap(), grant.id());
    assert_eq!(names.dns(), grant.dns());
}

#[test]
fn nothing_outlives_its_issuer() {
    let signer = intermediate(&root(), "dc1");
    let key = PrivateKey::generate().unwrap();
    let csr = key.leaf_csr(&web()).unwrap();
    let leaf = signer.sign_leaf(&csr, &web(), hours(100_000), Serial::from_random([3; 16])).unwrap();
    let (_, parsed) = X509Certificate::from_der(&leaf).unwrap();
    assert_eq!(parsed.validity().not_after.timestamp() as u64, signer.validity().not_after());
    let later = Validity::new(NOW + 9000 * 3600, NOW + 9001 * 3600).unwrap();
    let late = signer.sign_leaf(&csr, &web(), later, Serial::from_random([3; 16]));
    assert!(matches!(late, Err(IssueError::IssuerExpired)));
}

#[test]
fn a_grant_of_another_datacenter_is_refused() {
    let signer = intermediate(&root(), "dc2");
    let csr = PrivateKey::generate().unwrap().leaf_csr(&web()).unwrap();
    let result = signer.sign_leaf(&csr, &web(), hours(72), Serial::from_random([3; 16]));
    assert!(matches!(result, Err(IssueError::Issuer(_))));
}

#[test]
fn requests_for_other_names_are_refused() {
    let key = KeyPair::generate().unwrap();
    let id = web().id().to_string();
    let two = refused(&key, |it| {
        it.subject_alt_names = vec![uri(&id), uri(&id)];
    });
    assert_eq!(two, CsrRefused::Names(BadNames::UriCount(2)));
    let none = refused(&key, |_| {});
    assert_eq!(none, CsrRefused::Names(BadNames::UriCount(0)));
    for other in [
        id.replace("web", "db"),
        id.replace("web", "Web"),
        id.replace("dc1", "DC1"),
        id.replace("dc1", "dc2"),
        format!("{id}/"),
        id.replace("spiffe", "SPIFFE"),
    ] {
        let result = refused(&key, |it| it.subject_alt_names = vec![uri(&other)]);
        assert!(matches!(result, CsrRefused::Id { .. }), "{other}");
    }
    let nul = refused(&key, |it| {
        it.subject_alt_names = vec![uri(&format!("{id}\0.evil"))];
    });
    assert_eq!(nul, CsrRefused::Names(BadNames::OddByte));
    let host = refused(&key, |it| {
        let host = SanType::DnsName("server.dc1.consul".try_into().unwrap());
        it.subject_alt_names = vec![uri(&id), host];
    });
    assert_eq!(host, CsrRefused::Hosts);
    let address = refused(&key, |it| {
        let address = SanType::IpAddress([127, 0, 0, 1].into());
        it.subject_alt_names = vec![uri(&id), address];
    });
    assert_eq!(address, CsrRefused::Hosts);
    let ca = refused(&key, |it| {
        it.subject_alt_names = vec![uri(&id)];
        it.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    });
    assert_eq!(ca, CsrRefused::Ca);
}

#[test]
fn only_allowed_key_types_are_signed() {
    let id = web().id().to_string();
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let result = refused(&ed25519, |it| it.subject_alt_names = vec![uri(&id)]);
    assert_eq!(result, CsrRefused::KeyType);

    let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![uri(&id)];
    let csr = params.serialize_request(&p384).unwrap();
    let signer = intermediate(&root(), "dc1");
    signer.sign_leaf(csr.der(), &web(), hours(72), Serial::from_random([3; 16])).unwrap();
}

#[test]
fn every_flipped_bit_of_a_request_is_refused() {
    let signer = intermediate(&root(), "dc1");
    let csr = PrivateKey::generate().unwrap().leaf_csr(&web()).unwrap();
    // Between what is signed and the signature stand an algorithm and a length, which nobody signs: they grant nothing.
    let algorithm = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let end = csr.windows(algorithm.len()).position(|it| it == algorithm).unwrap();
    let signature = end + algorithm.len() + 3;
    for at in (0..end - 2).chain(signature..csr.len()) {
        let mut forged = csr.clone();
        forged[at] ^= 1;
        let result = signer.sign_leaf(&forged, &web(), hours(72), Serial::from_random([3; 16]));
        assert!(result.is_err(), "byte {at}");
    }
    for cut in 0..csr.len() {
        assert!(csr::Request::read(&csr[..cut]).is_err());
    }
    let mut longer = csr;
    longer.push(0);
    assert!(csr::Request::read(&longer).is_err());
    assert!(matches!(csr::Request::read(&vec![0x30; 9000]), Err(CsrRefused::TooLong(9000))));
}

#[test]
fn an_intermediate_names_its_datacenter() {
    let root = root();
    let signer = intermediate(&root, "dc1");
    assert_eq!(signer.name().dc, dc("dc1"));
    assert_eq!(signer.name().trust_domain, trust_domain());
    let (_, parsed) = X509Certificate::from_der(signer.certificate()).unwrap();
    let basic = parsed.basic_constraints().unwrap().unwrap().value;
    assert_eq!((basic.ca, basic.path_len_constraint), (true, Some(0)));

    // A request of dc1 is not signed as dc2.
    let key = PrivateKey::generate().unwrap();
    let csr = key.intermediate_csr(signer.name()).unwrap();
    let serial = Serial::from_random([2; 16]);
    let result = root.sign_intermediate(&csr, &dc("dc2"), hours(8760), serial);
    assert!(matches!(result, Err(IssueError::Csr(CsrRefused::Datacenter(_)))));
    // Nor does a leaf's request become an intermediate.
    let csr = key.leaf_csr(&web()).unwrap();
    let result = root.sign_intermediate(&csr, &dc("dc1"), hours(8760), serial);
    assert!(matches!(result, Err(IssueError::Csr(CsrRefused::Id { .. }))));
}

#[test]
fn authorities_survive_a_restart() {
    let key = PrivateKey::generate().unwrap();
    let pem = key.to_secret_pem();
    let serial = Serial::from_random([9; 16]);
    let made = RootAuthority::create(key, trust_domain(), hours(87600), serial).unwrap();
    let certificate = made.certificate().clone();
    let key = PrivateKey::from_pem(&pem).unwrap();
    let loaded = RootAuthority::load(certificate.clone(), key).unwrap();
    assert_eq!(loaded.validity(), made.validity());
    assert_eq!(loaded.trust_domain(), made.trust_domain());
    intermediate(&loaded, "dc1");

    let other = PrivateKey::generate().unwrap();
    assert!(matches!(RootAuthority::load(certificate, other), Err(IssueError::Issuer(_))));
}

#[test]
fn a_node_key_is_made_once_and_kept_private() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("node-key.pem");
    let made = PrivateKey::load_or_create(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let loaded = PrivateKey::load_or_create(&path).unwrap();
    assert_eq!(made.spki_hash(), loaded.spki_hash());

    std::fs::write(&path, "nonsense").unwrap();
    let error = PrivateKey::load_or_create(&path).err().unwrap();
    assert!(error.to_string().contains("node-key.pem"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"nonsense");
}

#[test]
fn a_self_signed_certificate_shows_the_pinned_key() {
    let key = PrivateKey::generate().unwrap();
    let certificate = key.self_signed(hours(87600), Serial::from_random([7; 16])).unwrap();
    assert_eq!(SpkiHash::of_certificate(&certificate).unwrap(), key.spki_hash());
}
