//! The strangers' door and the proof.

use super::super::*;
use super::world::*;
use crate::SpkiHash;
use crate::issue::PrivateKey;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// The exporters of both ends of a session between a stranger and a gateway of dc1, and the stranger's key.
fn session(world: &World) -> (Exporter, Exporter, SpkiHash) {
    let member = world.wan(world.fresh_leaf(&gateway("dc1")));
    let joiner = world.wan(world.node());
    let (client, server) = handshake(joiner.join_client().unwrap(), member.server().unwrap()).unwrap();
    let certificates = server.peer_certificates().unwrap();
    let peer = member.peer(server.alpn_protocol().unwrap(), certificates, NOW).unwrap();
    let WanPeer::Stranger(key) = peer else { panic!("{peer:?}") };
    let bytes = [0; Exporter::LEN];
    let here = client.export_keying_material(bytes, EXPORTER_LABEL, None);
    let there = server.export_keying_material(bytes, EXPORTER_LABEL, None);
    (Exporter::new(here.unwrap()), Exporter::new(there.unwrap()), key)
}

#[test]
fn a_proof_holds_in_its_session_for_its_claims_only() {
    let world = World::new();
    let (here, there, joiner_key) = session(&world);
    let secret = JoinSecret::new(SECRET).unwrap();
    let (joining, called, other) = (dc("dc9"), dc("dc1"), dc("dc2"));
    let claims = JoinClaims { prover: JoinRole::Joiner, joiner_dc: &joining, member_dc: &called, joiner_key, secret_id: "gossip-1" };
    let proof = join_proof(&secret, &here, &claims);
    verify_join_proof(&secret, &there, &claims, &proof).unwrap();

    // Tampered bytes, and lengths.
    for bit in 0..256 {
        let mut tampered = proof;
        tampered[bit / 8] ^= 1 << (bit % 8);
        let verdict = verify_join_proof(&secret, &there, &claims, &tampered);
        assert_eq!(verdict, Err(ProofRefused));
    }
    for wrong in [&proof[..31], &[], &[&proof[..], &[0]].concat()] {
        assert!(verify_join_proof(&secret, &there, &claims, wrong).is_err());
    }
    // Every claim counts; the first is the proof sent back to its maker.
    for lie in [
        JoinClaims { prover: JoinRole::Member, ..claims },
        JoinClaims { joiner_dc: &other, ..claims },
        JoinClaims { member_dc: &other, ..claims },
        JoinClaims { joiner_dc: &called, member_dc: &joining, ..claims },
        JoinClaims { joiner_key: SpkiHash::from_bytes([0; 32]), ..claims },
        JoinClaims { secret_id: "gossip-2", ..claims },
    ] {
        assert!(verify_join_proof(&secret, &there, &lie, &proof).is_err());
    }
    let wrong = JoinSecret::new(b"another secret of some length").unwrap();
    assert!(verify_join_proof(&wrong, &there, &claims, &proof).is_err());

    // Someone in the middle has a session with each of the two; what he relays does not verify.
    let (_, relayed_to, _) = session(&world);
    assert!(verify_join_proof(&secret, &relayed_to, &claims, &proof).is_err());
}

#[test]
fn a_stranger_shows_one_certificate() {
    let world = World::new();
    let member = world.wan(world.fresh_leaf(&gateway("dc1")));
    let key = PrivateKey::generate().unwrap();
    let chain = world.leaf(&gateway("dc2"), &key);
    let joiner = WanTls::new(WanParts {
        crypto: world.crypto.clone(),
        clock: clock(),
        identity: std::sync::Arc::new(Keychain::new(world.node())),
        node: std::sync::Arc::new(Keychain::new(chain)),
        trust: std::sync::Arc::new(Slot::new(Trust::nobody())),
    });
    assert!(handshake(joiner.join_client().unwrap(), member.server().unwrap()).is_err());
}

#[test]
fn a_stranger_is_no_gateway_whatever_its_certificate_says() {
    let world = World::new();
    let foreign = World::new();
    let member = world.wan(world.fresh_leaf(&gateway("dc1")));
    let key = PrivateKey::generate().unwrap();
    let certificate =
        forge(foreign.root.certificate(), &foreign.root_pem, &key, |it| it.subject_alt_names = vec![uri(&gateway("dc2").id().to_string())]);
    let chain = [certificate];
    assert_eq!(member.peer(JOIN_ALPN, &chain, NOW).unwrap(), WanPeer::Stranger(key.spki_hash()));
    assert!(member.peer_identity(&chain, NOW).is_err());
}

#[test]
fn short_secrets_are_refused() {
    assert!(JoinSecret::new(b"0123456789abcde").is_err());
    assert!(JoinSecret::new(b"0123456789abcdef").is_ok());
}
