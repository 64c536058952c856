//! User events: each once, to everyone who was there.

use bytes::Bytes;
use members::{FireError, USER_EVENT_MAX};

use crate::world::{SECOND, World, addr, me};

fn fire(world: &mut World, n: usize, name: &str, payload: &'static [u8]) -> u64 {
    world.with(n, |members, now| members.fire(now, name, Bytes::from_static(payload)).unwrap().ltime)
}

fn heard(world: &World, n: usize, name: &str) -> usize {
    world.node(n).user_events.iter().filter(|event| event.name == name).count()
}

#[test]
fn everyone_hears_an_event_once_soon_and_under_loss() {
    let mut world = World::converged(70, 50);
    world.loss = 0.25;
    fire(&mut world, 7, "deploy", b"1.2.3");
    let took = world.until(10, |world| (0..50).all(|n| heard(world, n, "deploy") == 1));
    assert!(took <= SECOND * 4, "{took:?}");
    world.run(SECOND * 120);
    assert!((0..50).all(|n| heard(&world, n, "deploy") == 1));
    assert_eq!(world.node(3).user_events[0].payload, "1.2.3");
}

#[test]
fn the_clock_orders_what_one_has_heard_of() {
    let mut world = World::converged(71, 5);
    let first = fire(&mut world, 0, "a", b"");
    world.until(10, |world| heard(world, 4, "a") == 1);
    assert!(fire(&mut world, 4, "b", b"") > first);
    // The same name twice are two events.
    fire(&mut world, 4, "b", b"");
    world.until(10, |world| (0..5).all(|n| heard(world, n, "b") == 2));
}

#[test]
fn newcomers_hear_of_what_happens_then_and_not_of_what_did() {
    let mut world = World::converged(72, 5);
    fire(&mut world, 0, "before", b"");
    world.until(10, |world| (0..5).all(|n| heard(world, n, "before") == 1));
    world.run(SECOND * 600);
    world.start(me(5, 1));
    world.with(5, |members, now| members.join(now, addr(1)).unwrap());
    world.until(30, |world| world.all_see(6));
    // Its own first event is later than what it has not heard of, or nobody would take it.
    fire(&mut world, 5, "after", b"");
    world.until(10, |world| (0..6).all(|n| heard(world, n, "after") == 1));
    world.run(SECOND * 120);
    assert_eq!(heard(&world, 5, "before"), 0);
}

#[test]
fn who_was_cut_off_hears_it_later() {
    let mut world = World::converged(73, 10);
    for n in (0..10).filter(|n| *n != 3) {
        world.cut(n, 3);
        world.cut(3, n);
    }
    fire(&mut world, 0, "missed", b"");
    world.run(SECOND * 3);
    world.heal();
    world.until(120, |world| heard(world, 3, "missed") == 1);
    world.run(SECOND * 120);
    assert!((0..10).all(|n| heard(&world, n, "missed") == 1));
}

#[test]
fn the_longest_event_passes_while_all_packets_are_full_of_updates() {
    static LONG: [u8; USER_EVENT_MAX - 4] = [7; USER_EVENT_MAX - 4];
    let mut world = World::converged(74, 40);
    // Forty more join, so there is news in every packet.
    for n in 40..80 {
        world.start(me(n, 1));
        world.with(n, |members, now| members.join(now, addr(0)).unwrap());
    }
    fire(&mut world, 2, "long", &LONG);
    let took = world.until(20, |world| (0..40).all(|n| heard(world, n, "long") == 1));
    assert!(took <= SECOND * 5, "{took:?}");
    assert!(world.largest_packet <= world.config.max_packet);
}

#[test]
fn what_is_too_long_or_too_late_is_refused() {
    let mut world = World::converged(75, 2);
    let long = Bytes::from(vec![0; USER_EVENT_MAX]);
    let refused = |world: &mut World, payload: Bytes| world.with(0, |members, now| members.fire(now, "x", payload).err());
    assert_eq!(refused(&mut world, long), Some(FireError::TooLong));
    world.with(0, |members, now| members.leave(now));
    assert!(matches!(refused(&mut world, Bytes::new()), Some(FireError::Left(_))));
}

#[test]
fn a_flood_of_events_is_bounded_and_ends() {
    let mut world = World::converged(76, 5);
    for n in 0..3000 {
        fire(&mut world, n % 5, "flood", b"0123456789012345678901234567890123456789");
    }
    world.run(SECOND * 300);
    let before = world.packets;
    world.run(SECOND * 10);
    assert!(world.packets - before < 10 * 5 * 6, "it has died down: {}", world.packets - before);
    assert!((0..5).all(|n| heard(&world, n, "flood") >= 600));
}
