//! Encryption and key rotation.

use members::{GossipKey, Keyring, KeyringError};

use crate::world::{SECOND, World, addr, me};

fn key(byte: u8) -> GossipKey {
    GossipKey::new(&[byte; 32]).unwrap()
}

fn ring(byte: u8) -> Keyring {
    Keyring::new([key(byte)]).unwrap()
}

fn keyed(seed: u64, n: usize) -> World {
    let mut world = World::new(seed);
    for i in 0..n {
        world.start_with(me(i, 1), ring(1));
        if i > 0 {
            world.with(i, |members, now| members.join(now, addr(0)).unwrap());
        }
    }
    world.until(30, |world| world.all_see(n));
    world
}

#[test]
fn members_with_one_key_converge_within_packet_size() {
    let world = keyed(30, 20);
    assert!(world.largest_packet <= world.config.max_packet);
}

#[test]
fn another_key_and_no_key_are_kept_out() {
    let mut world = keyed(31, 3);
    world.start_with(me(3, 1), ring(2));
    world.start(me(4, 1));
    for stranger in [3, 4] {
        world.with(stranger, |members, now| members.join(now, addr(0)).unwrap());
        world.with(0, |members, now| members.join(now, addr(stranger)).unwrap());
    }
    world.run(SECOND * 20);
    assert_eq!(world.joins.iter().filter(|join| join.is_err()).count(), 4, "{:?}", world.joins);
    for n in 0..3 {
        assert_eq!(world.node(n).members.members().count(), 3);
    }
    assert_eq!(world.node(3).members.members().count(), 1);
    assert_eq!(world.node(4).members.members().count(), 1);
}

#[test]
fn a_key_is_rotated_without_losing_anyone() {
    let mut world = keyed(32, 10);
    for n in 0..10 {
        world.with(n, |members, _| members.install_key(key(2)).unwrap());
        world.run(SECOND);
    }
    for n in 0..10 {
        world.with(n, |members, _| members.use_key(&key(2)).unwrap());
        world.run(SECOND);
    }
    assert_eq!(world.with(0, |members, _| members.remove_key(&key(2))), Err(KeyringError::Primary));
    for n in 0..10 {
        world.with(n, |members, _| members.remove_key(&key(1)).unwrap());
        world.run(SECOND);
    }
    world.run(SECOND * 30);
    assert!(world.all_see(10));
    assert!((0..10).all(|n| world.node(n).members.local_health() == 0));
    // Who missed the rotation is out.
    world.start_with(me(11, 1), ring(1));
    world.with(11, |members, now| members.join(now, addr(0)).unwrap());
    world.run(SECOND * 5);
    assert!((0..10).all(|n| world.node(n).members.members().count() == 10));
}

#[test]
fn encryption_can_be_turned_on_step_by_step() {
    let mut world = World::new(33);
    world.config.verify_incoming = false;
    world.config.verify_outgoing = false;
    world.start_with(me(0, 1), ring(1));
    world.start(me(1, 1));
    world.with(1, |members, now| members.join(now, addr(0)).unwrap());
    world.until(10, |world| world.all_see(2));
}
