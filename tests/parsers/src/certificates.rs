//! Certificates, requests for them, and the names in them.

use ca::issue::{CaName, Grant, Intermediate, PrivateKey, RootAuthority, Serial};
use ca::spiffe::SpiffeId;
use ca::{SpkiHash, Validity};
use std::str;
use std::sync::LazyLock;
use std::time::Duration;

const NOW: u64 = 1_800_000_000;

/// An authority, and what it would sign.
struct Authority {
    root: RootAuthority,
    signer: Intermediate,
    name: CaName,
    grant: Grant,
    key: PrivateKey,
}

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let name = CaName { trust_domain: "11111111-2222-3333-4444-555555555555.consul".parse().unwrap(), dc: "dc1".parse().unwrap() };
    let (key, validity) = (PrivateKey::generate().unwrap(), valid(87_600));
    let root =
        RootAuthority::create(PrivateKey::generate().unwrap(), name.trust_domain.clone(), validity, Serial::from_random([1; 16])).unwrap();
    let request = key.intermediate_csr(&name).unwrap();
    let signed = root.sign_intermediate(&request, &name.dc, valid(8_760), Serial::from_random([2; 16])).unwrap();
    let signer = Intermediate::load(signed, PrivateKey::from_pem(&key.to_secret_pem()).unwrap()).unwrap();
    let grant = Grant::server(name.trust_domain.clone(), name.dc.clone(), "consul");
    Authority { root, signer, name, grant, key }
});

/// A request for a leaf or for an intermediate. What is signed says what was granted.
pub(crate) fn request(input: &[u8]) -> bool {
    let authority = &*AUTHORITY;
    let leaf = authority.signer.sign_leaf(input, &authority.grant, valid(72), Serial::from_random([3; 16]));
    assert!(leaf.as_ref().is_ok_and(|leaf| SpkiHash::of_certificate(leaf).is_ok()) || leaf.is_err());
    let intermediate = authority.root.sign_intermediate(input, &authority.name.dc, valid(72), Serial::from_random([4; 16]));
    leaf.is_ok() || intermediate.is_ok()
}

/// A certificate in DER.
pub(crate) fn certificate(input: &[u8]) -> bool {
    assert!(!ca::root_id(input).is_empty());
    SpkiHash::of_certificate(input).is_ok()
}

/// The URI in a certificate. Equal ids are equal bytes.
pub(crate) fn spiffe_id(input: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(input) else { return false };
    text.parse::<SpiffeId>().is_ok_and(|id| {
        assert_eq!(id.to_string(), text);
        true
    })
}

pub(crate) fn request_seeds() -> Vec<Vec<u8>> {
    let authority = &*AUTHORITY;
    vec![authority.key.leaf_csr(&authority.grant).unwrap(), authority.key.intermediate_csr(&authority.name).unwrap()]
}

pub(crate) fn certificate_seeds() -> Vec<Vec<u8>> {
    vec![AUTHORITY.root.certificate().to_vec(), AUTHORITY.signer.certificate().to_vec()]
}

pub(crate) fn spiffe_seeds() -> Vec<Vec<u8>> {
    let domain = "spiffe://11111111-2222-3333-4444-555555555555.consul";
    let paths = ["", "/ns/default/dc/dc1/svc/web", "/agent/client/dc/dc1/id/n", "/agent/server/dc/dc1", "/gateway/mesh/dc/dc1"];
    paths.iter().map(|path| format!("{domain}{path}").into_bytes()).collect()
}

fn valid(hours: u64) -> Validity {
    Validity::starting(NOW, Duration::from_secs(hours * 3600)).unwrap()
}
