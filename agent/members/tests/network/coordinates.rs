//! Coordinates follow the network.

use std::time::Duration;

use crate::world::{SECOND, World};

#[test]
fn distances_come_to_be_round_trips() {
    let mut world = World::converged(60, 20);
    assert!(world.node(3).members.coordinate().error > 0.5, "nobody knows much yet");
    // A round trip takes 20 to 40 ms from now on.
    world.latency = Duration::from_millis(10);
    world.run(SECOND * 300);
    let members = |n: usize| &world.node(n).members;
    for (a, b) in (0..20).flat_map(|a| (0..a).map(move |b| (a, b))) {
        let estimate = members(a).coordinate().distance_to(&members(b).coordinate());
        assert!((0.015..0.050).contains(&estimate), "n{a} to n{b}: {estimate}");
    }
    let n7 = members(0).members().find(|member| member.name == "n7").unwrap().clone();
    let told = members(0).coordinate_of(&n7).unwrap();
    assert!(told.distance_to(&members(7).coordinate()) < 0.05);
    world.kill(7);
    world.until(60, |world| world.node(0).members.coordinate_of(&n7).is_none());
}
