//! Measurements of a pool that has converged.

use std::time::Duration;

use bytes::Bytes;
use members::{Event, Status};

use crate::world::{SECOND, World, addr, me, name};

/// How long something takes to reach everyone.
pub(crate) struct Spread {
    pub(crate) join: Duration,
    pub(crate) tags: Duration,
    pub(crate) event: Duration,
}

/// What a pool does while nothing happens.
pub(crate) struct Calm {
    /// Members that were declared failed though they were not, counted at each member that did so.
    pub(crate) imagined_deaths: usize,
    /// Share of all (observer, member) pairs that are suspicions, in the mean over time.
    pub(crate) suspected: f64,
    /// Bytes sent per member and second.
    pub(crate) bytes: f64,
    /// How long an event takes to reach everyone meanwhile.
    pub(crate) event: Duration,
}

/// What the columns of [`Calm`] are.
pub(crate) const CALM_HEAD: &str = "                          imagined deaths    suspected  B/s and member      event";

impl std::fmt::Display for Calm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { imagined_deaths, suspected, bytes, event } = self;
        write!(f, "{imagined_deaths:>16} {:>11.4}% {bytes:>15.0} {:>10}", suspected * 100.0, seconds(*event))
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { join, tags, event } = self;
        write!(f, "known to all: a join in {}, new tags in {}, an event in {}", seconds(*join), seconds(*tags), seconds(*event))
    }
}

/// Lets a member join, another change its tags, a third fire an event. Member `n` must not exist yet.
pub(crate) fn spread(world: &mut World, n: usize) -> Spread {
    world.start(me(n, 1));
    world.with(n, |members, now| members.join(now, addr(0)).unwrap());
    let join = world.until(60, |world| world.all_see_status(n, Some(Status::Alive)));
    world.run(SECOND * 10);
    let tags = [("role".to_owned(), "other".to_owned())].into();
    world.with(1, |members, now| members.set_tags(now, tags).unwrap());
    let changed = name(1);
    let sees =
        |world: &World| world.nodes().all(|node| node.members.member(&changed).is_some_and(|member| member.tags.contains_key("role")));
    let tags = world.until(60, sees);
    world.run(SECOND * 10);
    Spread { join, tags, event: event(world, 2) }
}

/// Fires an event; how long until everyone has it.
fn event(world: &mut World, from: usize) -> Duration {
    let fired = world.with(from, |members, now| members.fire(now, "deploy", Bytes::from_static(b"1.2.3")).unwrap().id);
    world.until(600, |world| world.nodes().all(|node| node.user_events.iter().any(|event| event.id == fired)))
}

/// Watches the pool for `time`, in which nobody dies.
pub(crate) fn calm(world: &mut World, time: Duration) -> Calm {
    let members = world.nodes().count();
    let deaths = |world: &World| {
        let failed = |event: &&Event| matches!(event, Event::Failed(_));
        world.nodes().map(|node| node.events.iter().filter(failed).count()).sum::<usize>()
    };
    let (before, sent) = (deaths(world), world.bytes);
    let rounds = time.as_secs();
    let mut suspicions = 0;
    for _ in 0..rounds {
        world.run(SECOND);
        suspicions += world.nodes().map(|node| node.members.suspected()).sum::<usize>();
    }
    let bytes = (world.bytes - sent) as f64 / members as f64 / rounds as f64;
    let suspected = suspicions as f64 / rounds as f64 / (members * (members - 1)) as f64;
    Calm { imagined_deaths: deaths(world) - before, suspected, bytes, event: event(world, 3) }
}

/// Kills a member; how long until everyone has noticed.
pub(crate) fn death(world: &mut World, n: usize) -> Duration {
    world.kill(n);
    let name = name(n);
    let gone = |node: &crate::world::Node| node.members.member(&name).is_none_or(|member| !member.status.is_live());
    world.until(300, |world| world.nodes().all(gone))
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
