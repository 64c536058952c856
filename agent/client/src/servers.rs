//! Which servers calls are spread over.
//!
//! All that gossip shows alive, but for those that lately did not answer: a server is left at its first failure, and tried again after
//! a pause that doubles with each further one. Consul's agents keep to one server and change it every few minutes; here each call takes any,
//! which needs no rebalancing when servers come and go.

use dispatch::Peer;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a server is left alone after its first failure.
const PAUSE: Duration = Duration::from_secs(2);
/// And at the most: by then gossip has noticed if it is dead.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The servers of the datacenter, and how they fared. Times are durations since any fixed moment.
#[derive(Debug, Default)]
pub struct Servers {
    known: Vec<Arc<Peer>>,
    /// Only of known servers.
    failed: BTreeMap<Arc<Peer>, Failure>,
}

#[derive(Debug, Clone, Copy)]
struct Failure {
    until: Duration,
    pause: Duration,
}

impl Servers {
    /// Takes in what gossip shows: the live servers. One that was away and is back is as good as new.
    pub fn handle_pool(&mut self, live: Vec<Arc<Peer>>) {
        self.failed.retain(|peer, _| live.contains(peer));
        self.known = live;
    }

    /// Takes in that `peer` could not be reached, or did not answer.
    pub fn handle_failure(&mut self, now: Duration, peer: &Arc<Peer>) {
        if !self.known.contains(peer) {
            return;
        }
        let before = self.failed.get(peer).copied();
        if before.is_some_and(|failure| now < failure.until) {
            // Calls that were under way fail together: they count once.
            return;
        }
        let pause = before.map_or(PAUSE, |failure| (failure.pause * 2).min(LONGEST_PAUSE));
        self.failed.insert(Arc::clone(peer), Failure { until: now + pause, pause });
    }

    /// Takes in that `peer` answered.
    pub fn handle_answer(&mut self, peer: &Arc<Peer>) {
        self.failed.remove(peer);
    }

    /// The servers that gossip shows alive.
    #[must_use]
    pub fn known(&self) -> &[Arc<Peer>] {
        &self.known
    }

    /// Whether the answer of one of them would be news.
    #[must_use]
    pub fn any_failed(&self) -> bool {
        !self.failed.is_empty()
    }

    /// The servers to call now: when all have failed lately, all of them, since one may be back.
    #[must_use]
    pub fn usable(&self, now: Duration) -> Vec<Arc<Peer>> {
        let rests = |peer: &Arc<Peer>| self.failed.get(peer).is_some_and(|failure| now < failure.until);
        let usable: Vec<_> = self.known.iter().filter(|peer| !rests(peer)).cloned().collect();
        if usable.is_empty() { self.known.clone() } else { usable }
    }

    /// When [`usable`](Self::usable) changes by itself.
    #[must_use]
    pub fn poll_timeout(&self, now: Duration) -> Option<Duration> {
        self.failed.values().map(|failure| failure.until).filter(|until| *until > now).min()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn peer(n: u8) -> Arc<Peer> {
        Arc::new(Peer { id: n.to_string(), name: format!("s{n}"), addr: ([127, 0, 0, n], 8300).into() })
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn servers(count: u8) -> Servers {
        let mut servers = Servers::default();
        servers.handle_pool((1..=count).map(peer).collect());
        servers
    }

    #[test]
    fn a_server_that_failed_is_left_and_tried_again_ever_later() {
        let mut servers = servers(3);
        servers.handle_failure(at(0), &peer(2));
        // Another call that was under way.
        servers.handle_failure(at(1), &peer(2));
        assert_eq!(servers.usable(at(1)), [peer(1), peer(3)]);
        assert_eq!(servers.poll_timeout(at(1)), Some(at(2)));
        assert_eq!(servers.usable(at(2)).len(), 3);
        servers.handle_failure(at(2), &peer(2));
        assert_eq!(servers.poll_timeout(at(2)), Some(at(6)));
        servers.handle_answer(&peer(2));
        assert_eq!(servers.poll_timeout(at(2)), None);
        // Its pauses begin anew.
        servers.handle_failure(at(3), &peer(2));
        assert_eq!(servers.poll_timeout(at(3)), Some(at(5)));
    }

    #[test]
    fn when_all_failed_any_may_be_back() {
        let mut servers = servers(2);
        for n in [1, 2] {
            servers.handle_failure(at(0), &peer(n));
        }
        assert_eq!(servers.usable(at(1)).len(), 2);
    }

    #[test]
    fn who_comes_back_to_the_pool_is_as_good_as_new() {
        let mut servers = servers(2);
        servers.handle_failure(at(0), &peer(2));
        servers.handle_pool(vec![peer(1)]);
        servers.handle_pool(vec![peer(1), peer(2)]);
        assert_eq!(servers.usable(at(1)).len(), 2);
        // Nobody of the pool.
        servers.handle_failure(at(1), &peer(9));
        assert!(!servers.any_failed());
    }

    proptest! {
        /// Whatever happens: there is somebody to call while gossip shows anybody, and only whom it shows; nothing is forgotten for good.
        #[test]
        fn somebody_is_called(steps in proptest::collection::vec((0u8..4, 1u8..6, 0u64..30), 0..60)) {
            let (mut servers, mut now, mut live) = (Servers::default(), 0, Vec::new());
            for (what, n, later) in steps {
                now += later;
                match what {
                    0 => {
                        live = (1..=n).map(peer).collect();
                        servers.handle_pool(live.clone());
                    }
                    1 => servers.handle_answer(&peer(n)),
                    _ => servers.handle_failure(at(now), &peer(n)),
                }
                let usable = servers.usable(at(now));
                prop_assert_eq!(usable.is_empty(), live.is_empty());
                prop_assert!(usable.iter().all(|peer| live.contains(peer)));
                prop_assert!(servers.failed.len() <= live.len());
            }
            prop_assert_eq!(servers.usable(at(now) + LONGEST_PAUSE), live);
        }
    }
}
