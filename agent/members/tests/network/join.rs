//! Joining, and what everyone then knows of everyone.

use std::collections::BTreeMap;
use std::time::Duration;

use members::{Config, Event, Status, StreamError};

use crate::world::{SECOND, World, addr, me, name};

#[test]
fn a_hundred_members_find_each_other() {
    let mut world = World::new(1);
    world.grow(100);
    world.run(SECOND * 3);
    let known: usize = (0..100).map(|n| world.node(n).members.members().count()).sum();
    assert!(known >= 9_900, "{known} of 10000");
    world.until(40, |world| world.all_see(100));
    assert!(world.joins.iter().all(Result::is_ok));
    assert_eq!(world.joins.len(), 99);
    assert!(world.largest_packet <= world.config.max_packet, "{}", world.largest_packet);
}

#[test]
fn those_who_start_together_know_each_other_soon() {
    let late = (0..50).filter(|seed| {
        let mut world = World::new(*seed);
        world.start(me(0, 1));
        world.run(SECOND);
        for n in 1..13 {
            world.start(me(n, 1));
            world.with(n, |members, now| members.join(now, addr(0))).unwrap();
            world.run(Duration::from_millis(25));
        }
        world.run(Duration::from_millis(800));
        let late = !world.all_see(13);
        world.until(2, |world| world.all_see(13));
        late
    });
    // A count of transmissions by the members known so far had somebody miss somebody in every other pool.
    assert!(late.count() <= 5);
}

#[test]
fn joining_under_loss_only_takes_longer() {
    let mut world = World::new(2);
    world.loss = 0.2;
    world.grow(50);
    world.until(60, |world| world.all_see(50));
}

#[test]
fn each_member_is_reported_once() {
    let world = World::converged(3, 20);
    for n in 0..20 {
        let node = world.node(n);
        let mut joined: Vec<_> = node
            .events
            .iter()
            .map(|event| match event {
                Event::Joined(member) => member.name.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        joined.sort();
        let mut expected: Vec<_> = (0..20).map(name).collect();
        expected.sort();
        assert_eq!(joined, expected);
        assert_eq!(node.members.members().next().unwrap().spki, "key");
    }
}

#[test]
fn tags_reach_everyone() {
    let mut world = World::converged(4, 50);
    let tags = BTreeMap::from([("role".to_owned(), "consul".to_owned())]);
    world.with(7, |members, now| members.set_tags(now, tags.clone()).unwrap());
    let seen = |world: &World, n: usize| world.node(n).members.members().find(|member| member.name == "n7").unwrap().tags == tags;
    let took = world.until(30, |world| (0..50).all(|n| seen(world, n)));
    assert!(took.as_secs() <= 10, "{took:?}");
    let updates = |event: &&Event| matches!(event, Event::Updated(member) if member.name == "n7");
    assert_eq!(world.node(3).events.iter().filter(updates).count(), 1);
}

#[test]
fn another_pool_is_refused_by_name() {
    let mut world = World::new(5);
    world.start(me(0, 1));
    world.config = Config { pool: "lan:dc2".to_owned(), ..Config::lan() };
    world.start(me(1, 1));
    world.with(1, |members, now| members.join(now, addr(0)).unwrap());
    world.until(5, |world| !world.joins.is_empty());
    let refusal = "peer is in gossip pool \"lan\", not \"lan:dc2\"".to_owned();
    assert_eq!(world.joins, [Err(StreamError::Refused(refusal))]);
    assert!(world.all_see(1));
}

#[test]
fn of_two_with_one_name_the_older_is_listed() {
    let mut world = World::converged(6, 5);
    let mut twin = me(9, 5);
    twin.name = name(3);
    world.start(twin);
    world.with(9, |members, now| members.join(now, addr(0)).unwrap());
    let conflict = |event: &Event| matches!(event, Event::Conflict { hidden, .. } if hidden.addr == addr(9));
    world.until(30, |world| (0..5).all(|n| world.node(n).events.iter().any(conflict)));
    assert!(world.all_see(5));
    assert_eq!(world.node(2).members.members().find(|member| member.name == "n3").unwrap().addr, addr(3));
    // The name passes on when its holder dies.
    world.kill(3);
    world.until(60, |world| world.node(2).members.members().any(|member| member.name == "n3" && member.addr == addr(9)));
    assert_eq!(world.status(2, 3), Some(Status::Alive));
}

#[test]
fn a_full_table_takes_nobody_else() {
    let mut world = World::new(7);
    world.config.max_members = 4;
    world.grow(8);
    world.run(SECOND * 20);
    for n in 0..8 {
        assert!(world.node(n).members.members().count() <= 4);
    }
}
