//! What the links report of their paths, given to the topology once a second.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use link::{Class, PathState};
use tokio_util::sync::CancellationToken;
use topology::PathSample;

use super::Federation;
use crate::wan::WanHandle;

/// How often.
const EVERY: Duration = Duration::from_secs(1);

/// Silence after which calls are handed to others: keep-alives are answered every second, and lost ones are repeated sooner.
/// The connection itself is given up later, by its idle timeout.
const SILENCE: Duration = Duration::from_millis(2500);

/// Samples all paths until `stop`.
pub(crate) async fn watch_paths(federation: Arc<Federation>, link: link::Handle, wan: WanHandle, stop: CancellationToken) {
    let mut heard = Heard::default();
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let paths = link.paths().into_iter().filter(|path| path.class == Class::Control);
        let judged: Vec<_> =
            paths.filter_map(|path| Some((path.peer.addr, heard.judge(Instant::now(), path.peer.addr, &path.state)?))).collect();
        heard.0.retain(|addr, _| judged.iter().any(|(known, _)| known == addr));
        federation.handle_paths(&judged);
        federation.handle_places(wan.places());
        federation.handle_tick();
    }
}

/// When the last packet of each path arrived, as far as a sample a second can tell.
#[derive(Default)]
struct Heard(HashMap<SocketAddr, (u64, Instant)>);

impl Heard {
    /// A sample of a path that is well, `None` of one that is lost; nothing of one never tried.
    fn judge(&mut self, now: Instant, addr: SocketAddr, state: &PathState) -> Option<Option<PathSample>> {
        match state {
            PathState::Up { rtt, sent, lost, received, .. } => {
                let last = self.0.entry(addr).or_insert((*received, now));
                if last.0 != *received {
                    *last = (*received, now);
                }
                let silent = now.duration_since(last.1) >= SILENCE;
                Some((!silent).then_some(PathSample { rtt: *rtt, sent: *sent, lost: *lost }))
            }
            PathState::Down { why } if !why.is_empty() => Some(None),
            PathState::Dialling | PathState::Down { .. } => None,
        }
    }
}

impl Federation {
    fn handle_paths(&self, paths: &[(SocketAddr, Option<PathSample>)]) {
        let now = self.now();
        let mut inner = self.inner.lock();
        for (addr, sample) in paths {
            match sample {
                Some(sample) => inner.topology.handle_path_sample(now, *addr, *sample),
                None => inner.topology.handle_path_lost(now, *addr),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_silent_path_is_lost_before_its_connection_is() {
        let (mut heard, addr, start) = (Heard::default(), SocketAddr::from(([127, 0, 0, 1], 1)), Instant::now());
        let up = |received| PathState::Up { rtt: EVERY, sent: 9, lost: 0, received, congestion_window: 0, mtu: 0 };
        assert!(heard.judge(start, addr, &up(5)).unwrap().is_some());
        assert!(heard.judge(start + EVERY, addr, &up(6)).unwrap().is_some());
        assert!(heard.judge(start + EVERY * 3, addr, &up(6)).unwrap().is_some());
        assert!(heard.judge(start + EVERY * 4, addr, &up(6)).unwrap().is_none());
        assert!(heard.judge(start + EVERY * 5, addr, &up(7)).unwrap().is_some());
        assert!(heard.judge(start, addr, &PathState::Down { why: String::new() }).is_none());
        assert!(heard.judge(start, addr, &PathState::Down { why: "reset".into() }).unwrap().is_none());
    }
}
