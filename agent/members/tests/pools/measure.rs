//! Measurements of a pool that has converged.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use members::Status;

use crate::world::{SECOND, World, addr, me, name};

/// How long something takes to reach everyone.
pub(crate) struct Spread {
    pub(crate) join: Duration,
    pub(crate) tags: Duration,
    pub(crate) event: Duration,
}

/// What a pool does while nobody dies.
pub(crate) struct Calm {
    /// Members that were declared failed though they lived and were well, counted at each member that did so.
    pub(crate) imagined_deaths: usize,
    /// Of those that were stalled or slow.
    pub(crate) hasty_deaths: usize,
    /// Share of all (observer, member) pairs that are suspicions, in the mean over time.
    pub(crate) suspected: f64,
    /// Bytes sent in packets, per member and second.
    pub(crate) bytes: f64,
    /// How long an event takes to reach everyone meanwhile.
    pub(crate) event: Duration,
}

/// How long deaths take to be noticed.
pub(crate) struct Deaths {
    /// By the first who does: the median of the deaths.
    pub(crate) first: Duration,
    /// Over all pairs of a survivor and a dead member.
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    pub(crate) last: Duration,
}

/// What ails a pool.
#[derive(Clone)]
pub(crate) struct Ailment {
    pub(crate) name: String,
    pub(crate) loss: f64,
    /// One in a hundred is stalled for so long in every round of twice that.
    pub(crate) stalls: Duration,
    /// One in a hundred takes up to so long for every packet and timer.
    pub(crate) slowness: Duration,
}

impl Ailment {
    /// The cases that are reported of every pool; stalls are of so many seconds.
    pub(crate) fn all(stalls: u64) -> [Self; 5] {
        let none = Self { name: "no loss".to_owned(), loss: 0.0, stalls: Duration::ZERO, slowness: Duration::ZERO };
        [
            none.clone(),
            Self { name: "5 % loss".to_owned(), loss: 0.05, ..none.clone() },
            Self { name: "25 % loss".to_owned(), loss: 0.25, ..none.clone() },
            Self { name: format!("1 % stalled {stalls} s of {}", stalls * 2), stalls: SECOND * stalls as u32, ..none.clone() },
            Self { name: "1 % slow by up to 3 s".to_owned(), slowness: SECOND * 3, ..none },
        ]
    }
}

/// What the columns of [`Calm`] are.
pub(crate) const CALM_HEAD: &str = "                         imagined deaths  of the ailing    suspected  B/s and member      event";
/// What the columns of [`Deaths`] are.
pub(crate) const DEATHS_HEAD: &str = "                         noticed first     median        p99       last";

impl std::fmt::Display for Calm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { imagined_deaths, hasty_deaths, suspected, bytes, event } = self;
        write!(f, "{imagined_deaths:>15} {hasty_deaths:>14} {:>11.4}% {bytes:>15.0} {:>10}", suspected * 100.0, seconds(*event))
    }
}

impl std::fmt::Display for Deaths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { first, median, p99, last } = self;
        write!(f, "{:>13} {:>10} {:>10} {:>10}", seconds(*first), seconds(*median), seconds(*p99), seconds(*last))
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
    world.run(SECOND * 5);
    let tags = [("role".to_owned(), "other".to_owned())].into();
    world.with(1, |members, now| members.set_tags(now, tags).unwrap());
    let changed = name(1);
    let sees =
        |world: &World| world.nodes().all(|node| node.members.member(&changed).is_some_and(|member| member.tags.contains_key("role")));
    let tags = world.until(60, sees);
    world.run(SECOND * 5);
    Spread { join, tags, event: event(world, 2) }
}

/// Fires an event; how long until everyone has it.
fn event(world: &mut World, from: usize) -> Duration {
    let fired = world.with(from, |members, now| members.fire(now, "deploy", Bytes::from_static(b"1.2.3")).unwrap().id);
    world.until(600, |world| world.nodes().all(|node| node.user_events.iter().any(|event| event.id == fired)))
}

/// Watches the pool for `time`, in which nobody dies but some may be ailing.
pub(crate) fn calm(world: &mut World, ailment: &Ailment, time: Duration) -> Calm {
    let members = world.nodes().count();
    let ailing: BTreeSet<usize> = (members / 2..members / 2 + members / 100).collect();
    world.loss = ailment.loss;
    (world.slow, world.slowness) = if ailment.slowness.is_zero() { Default::default() } else { (ailing.clone(), ailment.slowness) };
    let (before, sent, start) = (world.failures.len(), world.bytes, world.now);
    let rounds = time.as_secs();
    let mut suspicions = 0;
    for round in 0..rounds {
        if !ailment.stalls.is_zero() && round % (ailment.stalls.as_secs() * 2) == 0 {
            ailing.iter().for_each(|n| world.stall(*n, ailment.stalls));
        }
        world.run(SECOND);
        suspicions += world.nodes().map(|node| node.members.suspected()).sum::<usize>();
    }
    let bytes = (world.bytes - sent) as f64 / members as f64 / (world.now - start).as_secs_f64();
    let event = event(world, 3);
    let suspected = suspicions as f64 / rounds as f64 / (members * (members - 1)) as f64;
    let at: BTreeSet<SocketAddr> = ailing.into_iter().map(addr).collect();
    let (hasty, imagined): (Vec<_>, Vec<_>) = world.failures[before..].iter().partition(|failure| {
        let ails = !ailment.slowness.is_zero() || !ailment.stalls.is_zero();
        ails && at.contains(&failure.of)
    });
    // Whatever it did shall not weigh on the next case.
    (world.loss, world.slow) = (0.0, BTreeSet::new());
    let (imagined_deaths, hasty_deaths) = (imagined.len(), hasty.len());
    Calm { imagined_deaths, hasty_deaths, suspected, bytes, event }
}

/// Kills members, one every `every`, and waits until all are noticed by all.
pub(crate) fn deaths(world: &mut World, dead: std::ops::Range<usize>, every: Duration, kill: fn(&mut World, usize)) -> Deaths {
    let (before, mut killed) = (world.failures.len(), BTreeMap::new());
    for n in dead {
        world.run(every);
        killed.insert(addr(n), world.now);
        kill(world, n);
    }
    let wanted = world.nodes().count() * killed.len();
    world.until(600, |world| world.failures[before..].iter().filter(|failure| killed.contains_key(&failure.of)).count() >= wanted);
    let noticed = |failure: &crate::world::Failure| {
        let at = killed.get(&failure.of)?;
        world.runs(failure.by).then(|| (failure.of, failure.at.saturating_sub(*at)))
    };
    let mut pairs: Vec<(SocketAddr, Duration)> = world.failures[before..].iter().filter_map(noticed).collect();
    let mut firsts = BTreeMap::new();
    for (of, after) in &pairs {
        let first = firsts.entry(*of).or_insert(*after);
        *first = (*first).min(*after);
    }
    let mut firsts: Vec<Duration> = firsts.into_values().collect();
    firsts.sort();
    pairs.sort_by_key(|(_, after)| *after);
    let at = |part: f64| pairs[((pairs.len() - 1) as f64 * part) as usize].1;
    Deaths { first: firsts[firsts.len() / 2], median: at(0.5), p99: at(0.99), last: at(1.0) }
}

/// Bytes per member and second that tables take, in the mean: they are exchanged too seldom to be met in a short time.
pub(crate) fn tables(world: &World) -> f64 {
    let members = world.nodes().count();
    let exchange = world.table_bytes as f64 / world.tables.max(1) as f64;
    exchange / world.config.push_pull_every(members).as_secs_f64()
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
