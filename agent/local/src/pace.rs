//! When the catalog is compared as a whole.

use crate::random::Random;
use std::time::Duration;

/// Between two comparisons in a small cluster.
const INTERVAL: Duration = Duration::from_secs(60);
/// Before one that failed is tried again.
const RETRY: Duration = Duration::from_secs(15);
/// In which agents spread themselves when a server has come.
const SERVER_UP: Duration = Duration::from_secs(3);
/// Up to how many nodes the interval stays as it is; beyond, each doubling makes it longer by one of it.
const SMALL: usize = 128;

/// Says when to compare. Time is since the start of the agent.
#[derive(Clone, Debug)]
pub struct Pace {
    at: Duration,
    random: Random,
}

impl Pace {
    /// The first comparison is due at once.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { at: Duration::ZERO, random: Random::new(seed) }
    }

    /// When the next comparison is due.
    #[must_use]
    pub fn at(&self) -> Duration {
        self.at
    }

    /// One is through. `nodes` is the size of the cluster.
    pub fn handle_compared(&mut self, now: Duration, succeeded: bool, nodes: usize) {
        let scaled = if succeeded { INTERVAL } else { RETRY } * scale(nodes);
        let base = if succeeded { scaled } else { RETRY };
        self.at = now + base + self.random.below(scaled);
    }

    /// A write failed: the catalog is looked at as if a comparison had.
    pub fn handle_failed(&mut self, now: Duration, nodes: usize) {
        let retry = now + RETRY + self.random.below(RETRY * scale(nodes));
        self.at = self.at.min(retry);
    }

    /// A server that was not there is: soon, but not all agents at once.
    pub fn handle_server(&mut self, now: Duration) {
        self.at = self.at.min(now + self.random.below(SERVER_UP));
    }
}

/// How many times longer than in a small cluster one of `nodes` waits.
fn scale(nodes: usize) -> u32 {
    if nodes <= SMALL {
        return 1;
    }
    // ceil(log2(n) - log2(128)) + 1
    nodes.next_power_of_two().ilog2() - SMALL.ilog2() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_clusters_are_compared_less_often() {
        for (nodes, times) in
            [(0, 1), (1, 1), (128, 1), (129, 2), (256, 2), (257, 3), (512, 3), (513, 4), (1024, 4), (1025, 5), (10_000, 8)]
        {
            assert_eq!(scale(nodes), times, "{nodes}");
        }
    }

    #[test]
    fn comparisons_are_staggered_within_their_bounds() {
        let now = Duration::from_secs(1000);
        let after = |seed, act: &dyn Fn(&mut Pace)| {
            let mut pace = Pace::new(seed);
            pace.handle_compared(now, true, 1);
            act(&mut pace);
            (pace.at() - now).as_secs_f64()
        };
        let all = |act: &dyn Fn(&mut Pace)| (0..200).map(|seed| after(seed, act)).collect::<Vec<_>>();
        let within = |all: Vec<f64>, from: f64, to: f64| {
            assert!(all.iter().all(|at| (from..to).contains(at)), "{from}..{to}");
            let spread = all.iter().copied().fold(f64::MIN, f64::max) - all.iter().copied().fold(f64::MAX, f64::min);
            assert!(spread > (to - from) * 0.8, "{from}..{to}: {spread}");
        };
        within(all(&|_| {}), 60.0, 120.0);
        within(all(&|pace| pace.handle_compared(now, true, 200)), 120.0, 240.0);
        within(all(&|pace| pace.handle_compared(now, false, 1)), 15.0, 30.0);
        within(all(&|pace| pace.handle_failed(now, 1)), 15.0, 30.0);
        within(all(&|pace| pace.handle_server(now)), 0.0, 3.0);
    }

    #[test]
    fn what_is_due_sooner_stays() {
        let mut pace = Pace::new(1);
        pace.handle_server(Duration::from_secs(5));
        pace.handle_failed(Duration::from_secs(5), 1);
        assert_eq!(pace.at(), Duration::ZERO);
    }
}
