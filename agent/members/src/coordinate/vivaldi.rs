//! How our own coordinate moves: each measured round trip pulls it or pushes it a little.

use rand::{Rng, RngExt};

use super::{Coordinate, DIMENSIONS, ERROR_MAX, HEIGHT_MIN, difference, length};

/// How much of a measurement's error goes into our own.
const ERROR_WEIGHT: f64 = 0.25;
/// How far a measurement moves us.
const MOVE_WEIGHT: f64 = 0.25;
/// Measurements that the adjustment is the mean of.
const ADJUSTMENT_WINDOW: usize = 20;
/// At this distance from the origin the pull back to it is a second: it stops the whole pool from drifting.
const GRAVITY: f64 = 150.0;
/// Nothing is divided by less.
const TINY: f64 = 1e-6;

/// Our own coordinate, and what moves it.
pub(super) struct Vivaldi {
    here: Coordinate,
    offsets: [f64; ADJUSTMENT_WINDOW],
    next: usize,
}

impl Vivaldi {
    pub(super) fn new() -> Self {
        Self { here: Coordinate::default(), offsets: [0.0; ADJUSTMENT_WINDOW], next: 0 }
    }

    pub(super) fn here(&self) -> Coordinate {
        self.here
    }

    /// A round trip of `rtt` seconds to a member that is at `other`; both are sane.
    pub(super) fn handle_round_trip(&mut self, other: &Coordinate, rtt: f64, rng: &mut impl Rng) {
        let rtt = rtt.max(TINY);
        self.spring(other, rtt, rng);
        self.adjust(other, rtt);
        self.fall_back(rng);
        if !self.here.is_sane() {
            *self = Self::new();
        }
    }

    /// As if a spring as long as the round trip lay between us and the other: the surer we are than it, the less we move.
    fn spring(&mut self, other: &Coordinate, rtt: f64, rng: &mut impl Rng) {
        let distance = self.here.distance_to(other);
        let weight = self.here.error / (self.here.error + other.error).max(TINY);
        let wrong = (distance - rtt).abs() / rtt;
        let share = ERROR_WEIGHT * weight;
        self.here.error = (wrong * share + self.here.error * (1.0 - share)).min(ERROR_MAX);
        self.push(MOVE_WEIGHT * weight * (rtt - distance), other, rng);
    }

    /// What distances are off all the time, no place in the space can mend.
    fn adjust(&mut self, other: &Coordinate, rtt: f64) {
        let off = rtt - self.here.raw_distance_to(other);
        if let Some(offset) = self.offsets.get_mut(self.next) {
            *offset = off;
        }
        self.next = (self.next + 1) % ADJUSTMENT_WINDOW;
        self.here.adjustment = self.offsets.iter().sum::<f64>() / (2.0 * ADJUSTMENT_WINDOW as f64);
    }

    fn fall_back(&mut self, rng: &mut impl Rng) {
        let origin = Coordinate::default();
        let pull = (origin.distance_to(&self.here) / GRAVITY).powi(2);
        self.push(-pull, &origin, rng);
    }

    /// Moves us by `force` away from `other`; in a random direction if we are at the same place.
    fn push(&mut self, force: f64, other: &Coordinate, rng: &mut impl Rng) {
        let mut way = difference(&self.here.vec, &other.vec);
        let distance = length(&way);
        if distance <= TINY {
            way = std::array::from_fn::<f64, DIMENSIONS, _>(|_| rng.random_range(-0.5..0.5));
        }
        let unit = length(&way).max(TINY);
        self.here.vec.iter_mut().zip(way).for_each(|(part, way)| *part += way / unit * force);
        if distance > TINY {
            let height = self.here.height + (self.here.height + other.height) * force / distance;
            self.here.height = height.max(HEIGHT_MIN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    /// Lets members measure each other at random, `rounds` times each; returns the mean relative error of the estimates after it.
    fn settle(round_trip: impl Fn(usize, usize) -> f64, members: usize, rounds: usize) -> (f64, Vec<Vivaldi>) {
        let mut rng = SmallRng::seed_from_u64(7);
        let mut all: Vec<Vivaldi> = (0..members).map(|_| Vivaldi::new()).collect();
        for _ in 0..rounds {
            for n in 0..members {
                let peer = (n + 1 + rng.random_range(0..members - 1)) % members;
                let there = all[peer].here();
                all[n].handle_round_trip(&there, round_trip(n, peer), &mut rng);
            }
        }
        let pairs = (0..members).flat_map(|a| (0..a).map(move |b| (a, b)));
        let off = |(a, b): (usize, usize)| (all[a].here().distance_to(&all[b].here()) - round_trip(a, b)).abs() / round_trip(a, b);
        (pairs.map(off).sum::<f64>() / (members * (members - 1) / 2) as f64, all)
    }

    #[test]
    fn members_on_a_line_find_their_places() {
        let line = |a: usize, b: usize| 0.010 * a.abs_diff(b) as f64;
        let (off, _) = settle(line, 10, 500);
        assert!(off < 0.05, "{off}");
    }

    #[test]
    fn two_far_groups_are_told_apart() {
        let groups = |a: usize, b: usize| if a % 2 == b % 2 { 0.001 } else { 0.100 };
        let (off, _) = settle(groups, 20, 500);
        assert!(off < 0.05, "{off}");
    }

    #[test]
    fn members_behind_slow_links_gain_height() {
        // Every second one hangs on a link of 20 ms, the others on one of 1 ms: more than there are dimensions for.
        let link = |n: usize| if n.is_multiple_of(2) { 0.020 } else { 0.001 };
        let (off, all) = settle(|a, b| link(a) + link(b), 60, 1000);
        let height = |odd: usize| all.iter().skip(odd).step_by(2).map(|member| member.here().height).sum::<f64>() / 30.0;
        assert!(off < 0.25 && height(0) > 2.0 * height(1), "{off}: {} and {}", height(0), height(1));
    }

    #[test]
    fn measurements_at_the_bounds_keep_it_sane() {
        let mut rng = SmallRng::seed_from_u64(1);
        let mut vivaldi = Vivaldi::new();
        for n in 0..2000 {
            let far = Coordinate { vec: [if n % 2 == 0 { 10.0 } else { -10.0 }; 8], height: 10.0, error: 0.0, adjustment: 10.0 };
            vivaldi.handle_round_trip(&far, if n % 3 == 0 { 0.0 } else { 10.0 }, &mut rng);
            assert!(vivaldi.here().is_sane(), "{:?}", vivaldi.here());
        }
    }
}
