use std::collections::HashMap;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::time::Duration;
use std::time::Instant;

/// Addresses remembered at most. Beyond it newcomers are refused until a minute has passed: fail closed.
const MAX_SOURCES: usize = 4096;

const WINDOW: Duration = Duration::from_secs(60);

/// Counts tries per source address and minute. An IPv6 source is its /64: whoever has one address has them all.
#[derive(Debug)]
pub(crate) struct Budget {
    per_minute: u32,
    sources: HashMap<IpAddr, (Instant, u32)>,
}

impl Budget {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, sources: HashMap::new() }
    }

    /// Takes one try of `source`; false if it has none left.
    pub(crate) fn take(&mut self, now: Instant, source: IpAddr) -> bool {
        let source = network(source);
        if self.sources.len() >= MAX_SOURCES && !self.sources.contains_key(&source) {
            self.sources.retain(|_, (start, _)| now.duration_since(*start) < WINDOW);
            if self.sources.len() >= MAX_SOURCES {
                return false;
            }
        }
        let (start, taken) = self.sources.entry(source).or_insert((now, 0));
        if now.duration_since(*start) >= WINDOW {
            (*start, *taken) = (now, 0);
        }
        *taken = taken.saturating_add(1);
        *taken <= self.per_minute
    }
}

fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_per_minute_and_network() {
        let start = Instant::now();
        let mut budget = Budget::new(2);
        let near: IpAddr = [0x2001, 0xdb8, 0, 1, 0, 0, 0, 1].into();
        let same: IpAddr = [0x2001, 0xdb8, 0, 1, 9, 9, 9, 9].into();
        let other: IpAddr = [10, 0, 0, 1].into();
        assert!(budget.take(start, near) && budget.take(start, same));
        assert!(!budget.take(start, near));
        assert!(budget.take(start, other));
        assert!(budget.take(start + WINDOW, near));
    }

    #[test]
    fn many_sources_do_not_fill_memory() {
        let start = Instant::now();
        let mut budget = Budget::new(1);
        let sources = (0..10_000u32).map(|n| IpAddr::from(n.to_be_bytes()));
        assert_eq!(sources.filter(|source| budget.take(start, *source)).count(), MAX_SOURCES);
        assert_eq!(budget.sources.len(), MAX_SOURCES);
        assert!(budget.take(start + WINDOW, [200, 0, 0, 1].into()));
    }
}
