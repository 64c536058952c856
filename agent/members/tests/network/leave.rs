//! Leaving by will and by force.

use members::{Event, Left, Status};

use crate::world::{SECOND, World, addr, me};

#[test]
fn who_leaves_is_left_and_not_failed() {
    let mut world = World::converged(20, 30);
    world.with(5, |members, now| members.leave(now));
    assert_eq!(world.status(5, 5), Some(Status::Leaving));
    let took = world.until(10, |world| world.node(5).left);
    assert!(took <= SECOND * 3, "{took:?}");
    world.kill(5);
    world.until(40, |world| world.all_see_status(5, Some(Status::Left)));
    world.run(SECOND * 60);
    let failed = |event: &Event| matches!(event, Event::Failed(_));
    assert!((0..30).filter(|n| *n != 5).all(|n| !world.node(n).events.iter().any(failed)));
    // It may come back.
    world.start(me(5, 2));
    world.with(5, |members, now| members.join(now, addr(0)).unwrap());
    world.until(30, |world| world.all_see(30));
}

#[test]
fn leaving_under_loss_is_still_leaving() {
    let mut world = World::converged(21, 30);
    world.loss = 0.25;
    world.with(5, |members, now| members.leave(now));
    world.until(10, |world| world.node(5).left);
    world.kill(5);
    world.until(60, |world| world.all_see_status(5, Some(Status::Left)));
}

#[test]
fn alone_one_leaves_at_once_and_for_good() {
    let mut world = World::new(22);
    world.start(me(0, 1));
    world.with(0, |members, now| members.leave(now));
    world.run(SECOND / 10);
    assert!(world.node(0).left);
    assert_eq!(world.with(0, |members, now| members.join(now, addr(1))), Err(Left));
}

#[test]
fn force_leave_turns_failed_into_left() {
    let mut world = World::converged(23, 10);
    world.kill(4);
    world.until(60, |world| world.all_see_status(4, Some(Status::Failed)));
    assert!(world.with(0, |members, now| members.force_leave(now, "n4", false)));
    world.until(40, |world| world.all_see_status(4, Some(Status::Left)));
    assert!(!world.with(0, |members, now| members.force_leave(now, "nobody", false)));
}

#[test]
fn force_leave_of_a_live_member_changes_nothing() {
    let mut world = World::converged(24, 10);
    assert!(world.with(0, |members, now| members.force_leave(now, "n4", true)));
    world.run(SECOND * 10);
    assert!(world.all_see(10));
}

#[test]
fn prune_forgets_at_once_and_for_good() {
    let mut world = World::converged(25, 10);
    world.kill(4);
    world.until(60, |world| world.all_see_status(4, Some(Status::Failed)));
    world.with(0, |members, now| members.force_leave(now, "n4", true));
    assert_eq!(world.status(0, 4), None);
    world.until(40, |world| world.all_see_status(4, None));
    world.run(SECOND * 120);
    assert!(world.all_see_status(4, None), "push/pull does not bring it back");
    // A new member does not learn of it either.
    world.start(me(11, 1));
    world.with(11, |members, now| members.join(now, addr(1)).unwrap());
    world.run(SECOND * 10);
    assert_eq!(world.status(11, 4), None);
    // The process itself may come back.
    world.start(me(4, 2));
    world.with(4, |members, now| members.join(now, addr(0)).unwrap());
    world.until(30, |world| world.all_see(11));
}

#[test]
fn a_newcomer_learns_who_failed_and_who_left() {
    let mut world = World::converged(26, 5);
    world.with(3, |members, now| members.leave(now));
    world.kill(4);
    world.until(60, |world| world.status(0, 3) == Some(Status::Left) && world.status(0, 4) == Some(Status::Failed));
    world.kill(3);
    world.start(me(6, 1));
    world.with(6, |members, now| members.join(now, addr(0)).unwrap());
    world.until(10, |world| world.status(6, 3) == Some(Status::Left) && world.status(6, 4) == Some(Status::Failed));
}
