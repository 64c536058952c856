//! Two hundred gateways of a federation.

use std::time::Duration;

use members::Config;

use crate::measure::{CALM_HEAD, calm, death, seconds, spread};
use crate::world::{SECOND, World};

#[test]
fn two_hundred_gateways() {
    const MEMBERS: usize = 200;
    let mut world = World::new(90);
    world.config = Config::wan();
    // One way takes 40 to 80 ms.
    world.latency = Duration::from_millis(40);
    world.acquaint(MEMBERS - 1);
    world.run(SECOND * 20);
    println!("{MEMBERS} members of the WAN pool");

    let spread = spread(&mut world, MEMBERS - 1);
    println!("{spread}");
    println!("  (Serf's simulator for 99.99 % of 30 to 1,000 members with Consul's WAN parameters: 3.5 to 4.5 s)");
    assert!(spread.join <= SECOND * 3 && spread.tags <= SECOND * 3 && spread.event <= SECOND * 2);

    println!("{CALM_HEAD}");
    let cases = [("no loss", 0.0, 0), ("5 % loss", 0.05, 0), ("25 % loss", 0.25, 0), ("1 % slow, up to 3 s", 0.0, MEMBERS / 100)];
    for (what, loss, slow) in cases {
        (world.loss, world.slow, world.slowness) = (loss, (100..100 + slow).collect(), SECOND * 3);
        world.run(SECOND * 10);
        let calm = calm(&mut world, SECOND * 60);
        println!("{what:<24} {calm}");
        // Measured: 0.02 % of all pairs are suspicions at a time, and none of them comes true.
        assert!(calm.imagined_deaths == 0 && (loss < 0.25 || calm.suspected < 0.001), "{what}");
    }

    (world.loss, world.slow) = (0.0, Default::default());
    world.run(SECOND * 60);
    let mut deaths: Vec<Duration> = (20..40).map(|n| death(&mut world, n)).collect();
    deaths.sort();
    let (median, most, last) = (deaths[10], deaths[17], deaths[19]);
    println!(
        "a death is noticed by all in {} (median of 20), 18 of 20 in {}, the last in {}",
        seconds(median),
        seconds(most),
        seconds(last)
    );
    println!("  (Consul's WAN parameters allow 60 s to 360 s for the suspicion alone)");
    // How long it is until somebody happens to probe the dead one has no bound, but a tail that falls by e with each interval.
    assert!(median < SECOND * 4 && most < SECOND * 5 && last < SECOND * 6);
    println!("simulated {}", seconds(world.now));
}
