//! Encryption and key rotation.

use members::{GossipKey, Keyring, KeyringError, KeyringOp, KeyringState, OpenError, StreamError};

use crate::world::{SECOND, World, addr, me, name};

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
        world.with(n, |members, _| members.keyring(&KeyringOp::Install(key(2))).unwrap());
        world.run(SECOND);
    }
    for n in 0..10 {
        world.with(n, |members, _| members.keyring(&KeyringOp::Use(key(2))).unwrap());
        world.run(SECOND);
    }
    assert_eq!(world.with(0, |members, _| members.keyring(&KeyringOp::Remove(key(2)))), Err(KeyringError::Primary));
    for n in 0..10 {
        world.with(n, |members, _| members.keyring(&KeyringOp::Remove(key(1))).unwrap());
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

/// What member 0 hears from member `n` when it asks it for `op`.
fn exchange(world: &mut World, n: usize, turn: u64, op: &KeyringOp) -> Result<KeyringState, StreamError> {
    let request = world.with(0, |members, _| members.keyring_request(turn, op)).unwrap();
    let reply = world.with(n, |members, now| members.handle_stream(now, &request))?;
    world.with(0, |members, _| members.handle_keyring_reply(&reply))
}

/// What member 0 gathers when it has all live members do `op`, itself last. A member in `silent` gets the request and never answers.
fn everywhere(world: &mut World, op: &KeyringOp, silent: &[usize]) -> Vec<(String, Result<Vec<GossipKey>, String>)> {
    let live = (1..).take_while(|n| world.status(0, *n).is_some()).collect::<Vec<_>>();
    let mut answers = Vec::new();
    for n in live {
        let answer = if silent.contains(&n) {
            Err("no answer".to_owned())
        } else {
            let asked = exchange(world, n, 0, &KeyringOp::List).and_then(|seen| exchange(world, n, seen.turn, op));
            asked.map(|state| state.keys).map_err(|error| error.to_string())
        };
        answers.push((name(n), answer));
    }
    let own = world.with(0, |members, _| members.keyring(op)).map_err(|error| error.to_string());
    answers.push((name(0), own));
    answers
}

#[test]
fn a_pool_is_rotated_from_one_member() {
    let mut world = keyed(34, 8);
    for (op, keys) in [
        (KeyringOp::List, vec![key(1)]),
        (KeyringOp::Install(key(2)), vec![key(1), key(2)]),
        (KeyringOp::Use(key(2)), vec![key(2), key(1)]),
        (KeyringOp::Remove(key(1)), vec![key(2)]),
        (KeyringOp::Remove(key(1)), vec![key(2)]),
    ] {
        let answers = everywhere(&mut world, &op, &[]);
        assert_eq!(answers.len(), 8);
        for (member, answer) in answers {
            assert_eq!(answer.as_ref(), Ok(&keys), "{member} after {op:?}");
        }
        world.run(SECOND * 3);
    }
    assert!((1..8).all(|n| world.node(n).keyring_changes == 4), "each change is to be persisted, a list is not");
    let refused = everywhere(&mut world, &KeyringOp::Remove(key(2)), &[]);
    assert!(refused.iter().all(|(_, answer)| answer.as_ref().is_err_and(|why| why == "Removing the primary key is not allowed")));
    world.run(SECOND * 30);
    assert!(world.all_see(8));
}

#[test]
fn who_does_not_answer_keeps_his_key_and_can_be_told_again() {
    let mut world = keyed(35, 4);
    let failed = |answers: Vec<(String, Result<Vec<GossipKey>, String>)>| {
        answers.into_iter().filter_map(|(member, answer)| answer.err().map(|why| (member, why))).collect::<Vec<_>>()
    };
    assert_eq!(failed(everywhere(&mut world, &KeyringOp::Install(key(2)), &[2])), [(name(2), "no answer".to_owned())]);
    assert_eq!(world.node(2).members.keys(), [key(1)]);
    // Before the key is used, whoever missed it is told again: nobody is lost.
    let unknown = "Requested key is not in the keyring".to_owned();
    assert_eq!(failed(everywhere(&mut world, &KeyringOp::Use(key(2)), &[])), [(name(2), unknown)]);
    // Member 0 now seals with the new key, which member 2 cannot read.
    let no_key = OpenError::WrongKey.to_string();
    assert_eq!(failed(everywhere(&mut world, &KeyringOp::List, &[])), [(name(2), no_key)]);
    for op in [KeyringOp::Use(key(1)), KeyringOp::Install(key(2)), KeyringOp::Use(key(2))] {
        world.with(0, |members, _| members.keyring(&KeyringOp::Use(key(1)))).unwrap();
        assert_eq!(failed(everywhere(&mut world, &op, &[])), [], "{op:?}");
    }
}

#[test]
fn keys_never_travel_in_plaintext() {
    let mut world = World::new(36);
    world.config.verify_incoming = false;
    world.config.verify_outgoing = false;
    world.start_with(me(0, 1), ring(1));
    world.start_with(me(1, 1), ring(1));
    world.start(me(2, 1));
    let seen = exchange(&mut world, 1, 0, &KeyringOp::List).unwrap();
    let request = world.with(0, |members, _| members.keyring_request(seen.turn, &KeyringOp::Install(key(7)))).unwrap();
    assert!(!request.windows(32).any(|bytes| bytes == [7; 32]));
    let reply = world.with(1, |members, now| members.handle_stream(now, &request)).unwrap();
    assert!(!reply.windows(32).any(|bytes| bytes == [7; 32] || bytes == [1; 32]));
    assert_eq!(world.with(0, |members, _| members.handle_keyring_reply(&reply)).unwrap().keys, [key(1), key(7)]);
    // Without a key there is nothing to ask, and nobody without one is obeyed.
    assert_eq!(world.with(2, |members, _| members.keyring_request(0, &KeyringOp::List)), Err(KeyringError::Empty));
    assert_eq!(world.with(2, |members, _| members.keyring_request(0, &KeyringOp::Use(key(1)))), Err(KeyringError::Disabled));
    let pool = world.config.pool.clone();
    let plain =
        [&[0xDE, 0, 1, 0, pool.len() as u8][..], pool.as_bytes(), &[10], &seen.turn.wrapping_add(1).to_be_bytes(), &[2, 0, 16], &[9; 16]]
            .concat();
    assert_eq!(world.with(1, |members, now| members.handle_stream(now, &plain)), Err(StreamError::Open(OpenError::Plaintext)));
    assert_eq!(world.node(1).members.keys().len(), 2);
}

#[test]
fn a_recorded_request_is_done_by_nobody_again() {
    let mut world = keyed(37, 3);
    let seen = exchange(&mut world, 1, 0, &KeyringOp::List).unwrap();
    let install = world.with(0, |members, _| members.keyring_request(seen.turn, &KeyringOp::Install(key(2)))).unwrap();
    let done = |world: &mut World, n| {
        let reply = world.with(n, |members, now| members.handle_stream(now, &install)).unwrap();
        world.with(0, |members, _| members.handle_keyring_reply(&reply))
    };
    assert_eq!(done(&mut world, 1).unwrap().turn, seen.turn.wrapping_add(1));
    // The key turns out to be known to others, and is given up.
    let given_up = exchange(&mut world, 1, seen.turn.wrapping_add(1), &KeyringOp::Remove(key(2))).unwrap();
    assert_eq!(given_up.keys, [key(1)]);
    for n in [1, 2] {
        assert!(matches!(done(&mut world, n), Err(StreamError::Refused(_))), "member {n}");
        assert_eq!(world.node(n).members.keys(), [key(1)]);
    }
    // Nor a request that was refused when it was made.
    let early = world.with(0, |members, _| members.keyring_request(given_up.turn, &KeyringOp::Use(key(3)))).unwrap();
    world.with(1, |members, now| members.handle_stream(now, &early)).unwrap();
    world.with(1, |members, _| members.keyring(&KeyringOp::Install(key(3)))).unwrap();
    world.with(1, |members, now| members.handle_stream(now, &early)).unwrap();
    assert_eq!(world.node(1).members.keys(), [key(1), key(3)]);
}
