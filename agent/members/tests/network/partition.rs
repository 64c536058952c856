//! Partitions heal by themselves.

use members::{Event, Status};

use crate::world::{SECOND, World, addr};

fn split(world: &mut World, n: usize, at: usize) {
    for one in 0..at {
        for other in at..n {
            world.cut(one, other);
            world.cut(other, one);
        }
    }
}

#[test]
fn both_sides_of_a_long_partition_find_together() {
    let n = 20;
    let mut world = World::converged(40, n);
    split(&mut world, n, 8);
    world.until(120, |world| world.status(0, n - 1) == Some(Status::Failed) && world.status(n - 1, 0) == Some(Status::Failed));
    world.run(SECOND * 60);
    assert!((8..n).all(|other| world.status(0, other) == Some(Status::Failed)));
    let before: usize = world.node(0).events.len();
    world.heal();
    let took = world.until(240, |world| world.all_see(n));
    assert!(took <= SECOND * 90, "{took:?}");
    // No one was declared failed by the healing itself.
    let failed = |event: &&Event| matches!(event, Event::Failed(_));
    world.run(SECOND * 60);
    assert_eq!(world.node(0).events[before..].iter().filter(failed).count(), 0);
    assert!(world.all_see(n));
}

#[test]
fn one_join_heals_a_partition() {
    let n = 12;
    let mut world = World::converged(41, n);
    split(&mut world, n, 6);
    world.until(120, |world| (6..n).all(|other| world.status(0, other) == Some(Status::Failed)));
    world.until(120, |world| (0..6).all(|other| world.status(n - 1, other) == Some(Status::Failed)));
    world.heal();
    world.with(0, |members, now| members.join(now, addr(n - 1)).unwrap());
    let took = world.until(40, |world| world.all_see(n));
    assert!(took <= SECOND * 35, "{took:?}");
}

#[test]
fn a_path_broken_between_two_does_not_matter() {
    let mut world = World::converged(42, 8);
    world.cut(2, 5);
    world.cut(5, 2);
    world.run(SECOND * 120);
    assert!(world.all_see(8));
}

#[test]
fn a_restored_member_learns_what_it_missed() {
    let n = 10;
    let mut world = World::converged(43, n);
    for other in 1..n {
        world.cut(0, other);
        world.cut(other, 0);
    }
    world.kill(4);
    let tags = std::collections::BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    world.with(5, |members, now| members.set_tags(now, tags.clone()).unwrap());
    world.run(SECOND * 90);
    world.heal();
    world.until(300, |world| world.all_see(n - 1) && world.all_see_status(4, Some(Status::Failed)));
    let of = |world: &World| world.node(0).members.members().find(|member| member.name == "n5").unwrap().tags.clone();
    world.until(60, |world| of(world) == tags);
}
