//! What is printed, and held, of a pool of any size.

use std::time::Duration;

use crate::measure::{Ailment, CALM_HEAD, Calm, DEATHS_HEAD, Deaths, Spread, calm, deaths, seconds, spread, tables};
use crate::world::{SECOND, World};

/// How much is simulated.
pub(crate) struct Plan {
    pub(crate) members: usize,
    /// How long each ailment lasts.
    pub(crate) calm: Duration,
    /// How long one member in a hundred is stalled, again and again.
    pub(crate) stalls: u64,
    pub(crate) deaths: usize,
}

pub(crate) struct Report {
    pub(crate) spread: Spread,
    pub(crate) calm: Vec<(Ailment, Calm)>,
    pub(crate) killed: Deaths,
    /// With the machines they run on.
    pub(crate) vanished: Deaths,
    /// While a quarter of all packets is lost.
    pub(crate) in_loss: Deaths,
}

/// Measures a pool in `world`, whose members do not exist yet.
pub(crate) fn report(world: &mut World, plan: &Plan) -> Report {
    let members = plan.members;
    world.acquaint(members - 1);
    world.run(SECOND * 5);
    println!("{members} members of the {} pool", world.config.pool);
    let spread = spread(world, members - 1);
    println!("{spread}");
    world.run(SECOND * 6);
    println!("{CALM_HEAD}");
    let mut rows = Vec::new();
    for ailment in Ailment::all(plan.stalls) {
        let row = calm(world, &ailment, plan.calm);
        println!("{:<24} {row}", ailment.name);
        // What was suspected is refuted, and whoever was taken for dead is back.
        world.run(SECOND * 6);
        rows.push((ailment, row));
    }
    let (tables, every) = (tables(world), seconds(world.config.push_pull_every(members)));
    println!("beside packets, the table is exchanged every {every}, {tables:.0} B/s and member");
    println!("{DEATHS_HEAD}");
    let every = Duration::from_millis(700);
    let mut from = members / 4;
    let mut kill = |world: &mut World, what: &str, kill: fn(&mut World, usize)| {
        let deaths = deaths(world, from..from + plan.deaths, every, kill);
        println!("{what:<24} {deaths}");
        from += plan.deaths;
        deaths
    };
    let killed = kill(world, "process killed", World::kill);
    let vanished = kill(world, "machine lost", World::kill_machine);
    world.loss = 0.25;
    let in_loss = kill(world, "killed, 25 % loss", World::kill);
    println!("simulated {}", seconds(world.now));
    Report { spread, calm: rows, killed, vanished, in_loss }
}
