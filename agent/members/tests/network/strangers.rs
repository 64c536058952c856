//! Bytes from anyone.

use members::{Keyring, Members};
use proptest::prelude::*;

use crate::world::{World, me};

fn lone() -> Members {
    let config = members::Config::lan();
    Members::new(config, me(0, 1), Keyring::default(), std::time::Duration::ZERO, [1; 32]).unwrap()
}

proptest! {
    #[test]
    fn garbage_changes_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..1400), plain in any::<bool>()) {
        let mut members = lone();
        let bytes = if plain { [&[0xDE, 0], &bytes[..]].concat() } else { bytes };
        let now = std::time::Duration::from_secs(1);
        let _ = members.handle_packet(now, &bytes);
        let _ = members.handle_stream(now, &bytes);
        let _ = members.handle_stream_reply(now, &bytes);
        prop_assert_eq!(members.members().count(), 1);
    }
}

#[test]
fn damaged_packets_and_streams_do_no_harm() {
    use members::Effect;
    use rand::{RngExt, SeedableRng};
    let mut rng = rand::rngs::SmallRng::seed_from_u64(1);
    // Real messages, recorded between two members, then damaged bit by bit and played to a third.
    let mut world = World::new(50);
    world.grow(3);
    world.run(std::time::Duration::from_secs(5));
    let mut recorded = Vec::new();
    for _ in 0..200 {
        world.with(0, |members, now| {
            members.join(now, crate::world::addr(1)).unwrap();
            members.set_tags(now, [("n".to_owned(), recorded.len().to_string())].into()).unwrap();
            while let Some(effect) = members.poll_effect() {
                if let Effect::Stream { bytes, .. } | Effect::Packet { bytes, .. } = effect {
                    recorded.push(bytes.to_vec());
                }
            }
        });
        if recorded.len() > 40 {
            break;
        }
    }
    let mut victim = lone();
    let now = std::time::Duration::from_secs(1);
    for _ in 0..3000 {
        let mut bytes = recorded[rng.random_range(0..recorded.len())].clone();
        for _ in 0..rng.random_range(1..4) {
            let at = rng.random_range(2..bytes.len());
            bytes[at] = rng.random();
        }
        bytes.truncate(rng.random_range(2..=bytes.len()));
        let _ = victim.handle_packet(now, &bytes);
        let _ = victim.handle_stream(now, &bytes);
        let _ = victim.handle_stream_reply(now, &bytes);
        while victim.poll_effect().is_some() {}
    }
    assert!(victim.members().count() < 2000);
}

#[test]
fn a_packet_from_our_own_address_is_refused() {
    let mut world = World::new(51);
    world.start(me(0, 1));
    // An envelope whose sender has our address.
    let mut bytes = vec![0xDE, 0, 1, 4, 127, 1, 0, 0];
    bytes.extend_from_slice(&8301u16.to_be_bytes());
    bytes.extend_from_slice(&[0; 14]);
    assert_eq!(world.inject(0, &bytes), Err(members::PacketError::Ourselves));
}
