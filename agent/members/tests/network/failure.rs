//! Deaths, false alarms, returns.

use members::{Event, Status};

use crate::world::{SECOND, World, addr, me};

#[test]
fn a_death_is_seen_by_all_within_the_published_bound() {
    let mut world = World::converged(10, 50);
    world.kill(17);
    // The next in the ring within 1 s, its probe of 1 s, suspicion of a quarter of 6.8 s where calls are refused, gossip below 1 s.
    let took = world.until(60, |world| world.all_see_status(17, Some(Status::Failed)));
    assert!(took >= SECOND * 2 && took <= SECOND * 5, "{took:?}");
    let failures = |event: &&Event| matches!(event, Event::Failed(_));
    for n in (0..50).filter(|n| *n != 17) {
        assert_eq!(world.node(n).events.iter().filter(failures).count(), 1, "only the dead one failed");
    }
}

#[test]
fn everyone_is_looked_at_in_every_interval() {
    let mut world = World::converged(49, 60);
    for n in 20..32 {
        world.kill(n);
        let took = world.until(60, |world| world.failures.iter().any(|failure| failure.of == addr(n)));
        // The watcher comes within 1 s and waits for 1 s; a quarter of 7.1 s is left to refute. Chance would take longer for one in three.
        assert!(took < SECOND * 4, "n{n} after {took:?}");
        world.run(SECOND * 3);
    }
}

#[test]
fn how_a_member_fell_silent_decides_how_long_it_is_waited_for() {
    let noticed = |silence: fn(&mut World, usize)| {
        let mut world = World::converged(45, 12);
        silence(&mut world, 7);
        world.until(60, |world| (0..12).filter(|n| *n != 7).all(|n| world.status(n, 7) == Some(Status::Failed)))
    };
    let killed = noticed(World::kill);
    let vanished = noticed(World::kill_machine);
    let stalled = noticed(|world, n| world.stall(n, SECOND * 60));
    assert!(killed < SECOND * 3 && killed < vanished && vanished < stalled, "{killed:?} {vanished:?} {stalled:?}");
    // Lifeguard's shortest suspicion, after a probe: half as much again as it takes where the machine is gone.
    assert!(vanished < SECOND * 4 && stalled > SECOND * 5, "{vanished:?} {stalled:?}");
}

#[test]
fn a_stall_is_survived_on_both_sides() {
    let mut world = World::converged(46, 12);
    world.stall(7, SECOND * 5);
    world.run(SECOND * 20);
    assert!(world.failures.is_empty(), "it is not declared failed, and declares nobody");
    assert!(world.all_see(12));
}

#[test]
fn making_connections_makes_no_suspicion() {
    let mut world = World::new(48);
    world.config = members::Config::wan();
    // A round trip of 300 ms, of which a handshake takes two: the answer to a first ping comes when its cycle is over.
    (world.latency, world.handshake) = (SECOND * 3 / 20, Some(SECOND * 3 / 5));
    world.grow(8);
    for _ in 0..200 {
        world.run(SECOND / 10);
        assert!(world.nodes().all(|node| node.members.suspected() == 0), "after {:?}", world.now);
    }
    // Patience has an end: nobody connects to the dead.
    world.kill(3);
    let took = world.until(20, |world| world.all_see_status(3, Some(Status::Failed)));
    assert!(took < SECOND * 5, "{took:?}");
}

#[test]
fn without_any_datagram_nobody_is_given_up() {
    let mut world = World::converged(47, 8);
    world.no_datagrams = true;
    world.run(SECOND * 120);
    assert!(world.failures.is_empty() && world.all_see(8));
}

#[test]
fn two_members_notice_each_others_death() {
    let mut world = World::converged(11, 2);
    world.kill(1);
    world.until(30, |world| world.all_see_status(1, Some(Status::Failed)));
}

#[test]
fn a_false_suspicion_is_refuted() {
    let mut world = World::converged(12, 10);
    // Member 3 hears nobody for a while: it is suspected, and refutes when it hears again.
    for n in (0..10).filter(|n| *n != 3) {
        world.cut(n, 3);
        world.cut(3, n);
    }
    world.run(SECOND * 3);
    world.heal();
    world.run(SECOND * 60);
    assert!(world.all_see(10));
    let failed = |event: &Event| matches!(event, Event::Failed(_));
    assert!((0..10).filter(|n| *n != 3).all(|n| !world.node(n).events.iter().any(failed)));
}

#[test]
fn a_deaf_member_doubts_itself() {
    let mut world = World::converged(13, 10);
    for n in (0..10).filter(|n| *n != 3) {
        world.cut(n, 3);
    }
    world.run(SECOND * 4);
    assert!(world.node(3).members.local_health() >= 2, "{}", world.node(3).members.local_health());
    world.heal();
    world.until(60, |world| world.all_see(10) && world.node(3).members.local_health() == 0);
}

#[test]
fn heavy_loss_kills_nobody() {
    let mut world = World::converged(14, 30);
    world.loss = 0.15;
    let before = world.packets;
    world.run(SECOND * 120);
    assert!(world.all_see(30));
    // Suspicion and refutation must not feed each other: probes alone are some 3 packets a second and member.
    let each = (world.packets - before) / (30 * 120);
    assert!(each <= 20, "{each} packets a second and member");
}

#[test]
fn a_restart_under_the_same_name_is_one_update() {
    let mut world = World::converged(15, 10);
    world.kill(4);
    world.start(me(4, 2));
    world.with(4, |members, now| members.join(now, addr(0)).unwrap());
    let current = |world: &World, n: usize| world.node(n).members.members().any(|member| member.name == "n4" && member.generation == 2);
    world.until(30, |world| (0..10).all(|n| current(world, n)) && world.all_see(10));
    let quiet = |event: &Event| !matches!(event, Event::Failed(_) | Event::Reaped(_) | Event::Left(_));
    assert!((0..10).filter(|n| *n != 4).all(|n| world.node(n).events.iter().all(quiet)));
}

#[test]
fn a_failed_member_that_restarts_is_found_again() {
    let mut world = World::converged(16, 10);
    world.kill(4);
    world.until(60, |world| world.all_see_status(4, Some(Status::Failed)));
    // Nobody tells it whom to join: the others try it again.
    world.start(me(4, 2));
    world.until(1200, |world| world.all_see(10));
}

#[test]
fn a_restart_with_the_clock_set_back_outbids_its_past() {
    let mut world = World::new(17);
    world.start(me(0, 1));
    world.start(me(1, 900));
    world.with(1, |members, now| members.join(now, addr(0)).unwrap());
    world.until(30, |world| world.all_see(2));
    world.kill(1);
    world.start(me(1, 5));
    world.with(1, |members, now| members.join(now, addr(0)).unwrap());
    world.until(60, |world| world.all_see(2));
    assert_eq!(world.node(1).generations, [901], "to be persisted");
    assert_eq!(world.node(1).members.me().generation, 901);
}

#[test]
fn another_name_at_a_dead_members_address_does_not_hide_the_death() {
    let mut world = World::converged(18, 10);
    world.kill(4);
    let mut other = me(4, 2);
    other.name = "other".to_owned();
    world.start(other);
    world.with(4, |members, now| members.join(now, addr(0)).unwrap());
    world.until(30, |world| world.all_see(10) && world.all_see_status(4, Some(Status::Failed)) || world.now.as_secs() > 100);
    assert_eq!(world.status(0, 4), Some(Status::Failed));
}

#[test]
fn the_failed_are_forgotten_after_three_days() {
    let mut world = World::new(19);
    world.config.reconnect_timeout = SECOND * 300;
    world.grow(3);
    world.until(10, |world| world.all_see(3));
    world.kill(2);
    world.until(60, |world| world.all_see_status(2, Some(Status::Failed)));
    world.until(400, |world| world.all_see_status(2, None));
    assert!(world.node(0).events.iter().any(|event| matches!(event, Event::Reaped(member) if member.name == "n2")));
    world.run(SECOND * 300);
    assert_eq!(world.status(1, 2), None, "nobody brings it back");
}
