//! A thousand members in one datacenter.

use crate::measure::{CALM_HEAD, calm, seconds, spread};
use crate::world::{SECOND, World};

#[test]
fn a_thousand_members() {
    const MEMBERS: usize = 1000;
    let mut world = World::new(80);
    world.acquaint(MEMBERS - 1);
    world.run(SECOND * 20);
    println!("{MEMBERS} members of a LAN pool");

    let spread = spread(&mut world, MEMBERS - 1);
    println!("{spread}");
    println!("  (Serf's simulator for 99.99 % of 1,000 members: 2.2 s, with 25 % loss 3.0 s)");
    assert!(spread.join <= SECOND * 4 && spread.tags <= SECOND * 4 && spread.event <= SECOND * 3);

    println!("{CALM_HEAD}");
    for (what, loss) in [("no loss", 0.0), ("5 % loss", 0.05)] {
        world.loss = loss;
        world.run(SECOND * 5);
        let calm = calm(&mut world, SECOND * 10);
        println!("{what:<24} {calm}");
        assert!(calm.event <= SECOND * 4 && calm.imagined_deaths == 0, "{what}");
    }
    println!("simulated {}", seconds(world.now));
}
