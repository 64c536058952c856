//! Whom we have measured: the last round trips and the last coordinate of each.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::Rng;

use super::vivaldi::Vivaldi;
use super::{Coordinate, FARTHEST};
use crate::identity::Instance;

/// Round trips whose median counts, so that one hiccup moves nobody.
const FILTER: usize = 3;

/// Our coordinate, and the members it follows from. Holds live members only: the core forgets whoever goes down.
pub(crate) struct Neighbours {
    own: Vivaldi,
    known: BTreeMap<Instance, Neighbour>,
}

struct Neighbour {
    /// The last round trips in seconds, newest last.
    round_trips: Vec<f64>,
    coordinate: Coordinate,
}

impl Neighbours {
    pub(crate) fn new() -> Self {
        Self { own: Vivaldi::new(), known: BTreeMap::new() }
    }

    pub(crate) fn here(&self) -> Coordinate {
        self.own.here()
    }

    /// The last coordinate that `instance` told us.
    pub(crate) fn of(&self, instance: Instance) -> Option<Coordinate> {
        self.known.get(&instance).map(|neighbour| neighbour.coordinate)
    }

    /// How long a round trip to `instance` takes, if it has answered us before: the longest of the last few.
    pub(crate) fn distance(&self, instance: Instance) -> Option<Duration> {
        let longest = self.known.get(&instance)?.round_trips.iter().copied().fold(0.0, f64::max);
        Some(Duration::from_secs_f64(longest.clamp(0.0, FARTHEST)))
    }

    /// A live member answered after `rtt`, and says where it is. Absurd values are ignored.
    pub(crate) fn handle_answer(&mut self, from: Instance, there: Coordinate, rtt: Duration, rng: &mut impl Rng) {
        let rtt = rtt.as_secs_f64();
        if rtt > FARTHEST || !there.is_sane() {
            return;
        }
        let fresh = || Neighbour { round_trips: Vec::with_capacity(FILTER), coordinate: there };
        let neighbour = self.known.entry(from).or_insert_with(fresh);
        neighbour.coordinate = there;
        let usual = neighbour.usual(rtt);
        self.own.handle_round_trip(&there, usual, rng);
    }

    pub(crate) fn forget(&mut self, instance: Instance) {
        self.known.remove(&instance);
    }
}

impl Neighbour {
    /// Takes a round trip; returns the median of the last few.
    fn usual(&mut self, rtt: f64) -> f64 {
        if self.round_trips.len() == FILTER {
            self.round_trips.remove(0);
        }
        self.round_trips.push(rtt);
        let mut sorted = self.round_trips.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(rtt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    fn instance(port: u16) -> Instance {
        Instance { addr: ([127, 0, 0, 1], port).into(), generation: 1 }
    }

    #[test]
    fn one_hiccup_moves_nobody() {
        let mut neighbour = Neighbour { round_trips: Vec::new(), coordinate: Coordinate::default() };
        assert_eq!([0.01, 0.02, 5.0, 0.01, 0.02].map(|rtt| neighbour.usual(rtt)), [0.01, 0.02, 0.02, 0.02, 0.02]);
    }

    #[test]
    fn absurd_answers_are_ignored() {
        let mut rng = SmallRng::seed_from_u64(1);
        let mut neighbours = Neighbours::new();
        let nan = Coordinate { height: f64::NAN, ..Coordinate::default() };
        neighbours.handle_answer(instance(1), nan, Duration::from_millis(5), &mut rng);
        neighbours.handle_answer(instance(2), Coordinate::default(), Duration::from_secs(11), &mut rng);
        assert_eq!((neighbours.here(), neighbours.of(instance(1)), neighbours.of(instance(2))), (Coordinate::default(), None, None));
        neighbours.handle_answer(instance(1), Coordinate::default(), Duration::from_millis(5), &mut rng);
        assert_eq!(neighbours.of(instance(1)), Some(Coordinate::default()));
        assert_ne!(neighbours.here(), Coordinate::default());
        neighbours.forget(instance(1));
        assert_eq!(neighbours.of(instance(1)), None);
    }
}
