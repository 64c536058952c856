//! Two hundred gateways of a federation.

use std::time::Duration;

use members::Config;

use crate::report::{Plan, report};
use crate::world::{SECOND, World};

#[test]
fn two_hundred_gateways() {
    let mut world = World::new(90);
    world.config = Config::wan();
    // One way takes 40 to 80 ms.
    world.latency = Duration::from_millis(40);
    let report = report(&mut world, &Plan { members: 200, calm: SECOND * 20, stalls: 2, deaths: 20 });
    // Serf's simulator for 99.99 % of 30 to 1,000 members with Consul's WAN parameters: 3.5 to 4.5 s.
    assert!(report.spread.join <= SECOND * 3 && report.spread.tags <= SECOND * 3 && report.spread.event <= SECOND * 2);
    for (ailment, calm) in report.calm {
        assert!(calm.imagined_deaths == 0 && calm.hasty_deaths == 0, "{}", ailment.name);
        // Of all pairs, while a quarter of the packets is lost.
        assert!(ailment.loss == 0.0 || calm.suspected <= 0.00013, "{}", ailment.name);
    }
    // Published: a dead gateway is noticed in under 5 s.
    assert!(report.killed.last < SECOND * 5 && report.vanished.last < SECOND * 5);
}
