//! A thousand members in one datacenter.

use crate::report::{Plan, report};
use crate::world::{SECOND, World};

#[test]
fn a_thousand_members() {
    let mut world = World::new(80);
    let report = report(&mut world, &Plan { members: 1000, calm: SECOND * 4, stalls: 3, deaths: 6 });
    // Serf's simulator for 99.99 % of 1,000 members: 2.2 s.
    assert!(report.spread.join <= SECOND * 4 && report.spread.tags <= SECOND * 4 && report.spread.event <= SECOND * 3);
    for (ailment, calm) in report.calm {
        // With 25 % loss its simulator says 3.0 s.
        assert!(calm.event <= SECOND * 4 && calm.imagined_deaths == 0 && calm.hasty_deaths == 0, "{}", ailment.name);
        // Who is stalled is suspected, and nobody else.
        let ailing = if ailment.stalls.is_zero() && ailment.slowness.is_zero() { 0.0 } else { 0.01 };
        assert!(calm.suspected <= ailing + 0.0002, "{}", ailment.name);
    }
    // The ring leaves nobody unwatched for longer than an interval: the last is not far from the median.
    assert!(report.killed.median < SECOND * 7 && report.killed.last < SECOND * 8);
    assert!(report.vanished.median < SECOND * 10 && report.vanished.last < SECOND * 12);
    assert!(report.in_loss.last < SECOND * 20);
}
