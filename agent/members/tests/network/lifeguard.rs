//! Local health and what it rests on: who cannot hear, or is not answered, blames himself before others.

use std::time::Duration;

use members::{Event, Status};

use crate::world::{SECOND, World, addr};

#[test]
fn who_hears_nobody_accuses_slowly() {
    let mut world = World::converged(40, 10);
    for n in (0..10).filter(|n| *n != 3) {
        world.cut(n, 3);
    }
    // Sure of itself it would have given up all nine by now: one probe a second, and 24 s for the last suspicion.
    world.run(SECOND * 36);
    let failed = world.node(3).events.iter().filter(|event| matches!(event, Event::Failed(_))).count();
    assert!((1..=5).contains(&failed), "{failed} of 9 failed");
    assert!(world.node(3).members.local_health() >= 3);
}

#[test]
fn a_real_death_is_no_reason_for_doubt() {
    let mut world = World::converged(41, 10);
    world.kill(4);
    // Those who probe it in vain are told by the others that these could not reach it either.
    let mut suspected = Duration::ZERO;
    while world.status(0, 4) != Some(Status::Failed) {
        world.run(SECOND / 10);
        suspected += SECOND / 10;
        assert!(suspected < SECOND * 60);
        for n in (0..10).filter(|n| *n != 4) {
            assert_eq!(world.node(n).members.local_health(), 0, "{} after {suspected:?}", addr(n));
        }
    }
}

#[test]
fn tables_are_exchanged_without_any_packet() {
    let mut world = World::new(42);
    world.config.probe_interval = SECOND * 10_000;
    world.loss = 1.0;
    world.grow(4);
    // Everyone knows member 0, by the streams of joining. The rest has to come with its regular ones.
    world.run(SECOND);
    assert!(!world.all_see(4));
    let streams = world.streams;
    world.until(600, |world| world.all_see(4));
    assert!(world.streams > streams);
}

#[test]
fn the_left_are_forgotten_sooner_than_the_failed() {
    let mut world = World::new(43);
    world.config.tombstone_timeout = SECOND * 200;
    world.config.reconnect_timeout = SECOND * 900;
    world.grow(4);
    world.until(10, |world| world.all_see(4));
    world.with(2, |members, now| members.leave(now));
    world.until(60, |world| world.node(2).left);
    world.kill(2);
    world.kill(3);
    world.until(60, |world| world.all_see_status(2, Some(Status::Left)) && world.all_see_status(3, Some(Status::Failed)));
    world.until(300, |world| world.all_see_status(2, None));
    assert!(world.all_see_status(3, Some(Status::Failed)));
    world.until(1000, |world| world.all_see_status(3, None));
}
