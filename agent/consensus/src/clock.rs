//! The state clock.

use parking_lot::Mutex;
use std::time::Instant;

/// The clock that TTLs, lock-delays and tombstones run on: the greatest stamp in the log, plus the time this node has led since.
///
/// It stands still while nobody leads and while the datacenter is down, so that an outage expires nothing, and it never goes
/// back: a new leader goes on from the last stamp in its log. It knows nothing of wall time.
#[derive(Debug, Default)]
pub struct StateClock(Mutex<Reading>);

#[derive(Debug, Default)]
struct Reading {
    /// Milliseconds; the reading at `running`, or the greatest stamp seen.
    base_ms: u64,
    /// Since when this node has led.
    running: Option<Instant>,
}

impl StateClock {
    /// Milliseconds now, as a proposal made now is stamped.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.0.lock().at(Instant::now())
    }

    /// A stamp was found in the log: the clock is at least there.
    pub(crate) fn observe(&self, stamp_ms: u64) {
        self.0.lock().advance(stamp_ms, Instant::now());
    }

    /// This node leads from now on.
    pub(crate) fn start(&self) {
        let mut reading = self.0.lock();
        if reading.running.is_none() {
            reading.running = Some(Instant::now());
        }
    }

    /// This node leads no more.
    pub(crate) fn stop(&self) {
        let mut reading = self.0.lock();
        if let Some(since) = reading.running.take() {
            reading.base_ms = reading.base_ms.saturating_add(millis(since));
        }
    }
}

impl Reading {
    fn advance(&mut self, stamp_ms: u64, now: Instant) {
        // Our own stamps are never ahead. Those of a successor may be, before it is noticed here that there is one.
        if stamp_ms > self.at(now) {
            self.base_ms = stamp_ms;
            self.running = self.running.map(|_| now);
        }
    }

    fn at(&self, now: Instant) -> u64 {
        let led = self.running.map_or(0, |since| now.saturating_duration_since(since).as_millis());
        self.base_ms.saturating_add(u64::try_from(led).unwrap_or(u64::MAX))
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn runs_only_while_leading() {
        let start = Instant::now();
        let mut reading = Reading { base_ms: 1_000, running: None };
        assert_eq!(reading.at(start + Duration::from_secs(3_600)), 1_000);
        reading.running = Some(start);
        assert_eq!(reading.at(start + Duration::from_millis(250)), 1_250);
    }

    #[test]
    fn the_stamps_of_a_successor_count_at_once() {
        let start = Instant::now();
        let mut reading = Reading { base_ms: 1_000, running: Some(start) };
        reading.advance(1_100, start + Duration::from_millis(200));
        assert_eq!(reading.at(start + Duration::from_millis(200)), 1_200);
        reading.advance(5_000, start + Duration::from_millis(300));
        assert_eq!(reading.at(start + Duration::from_millis(350)), 5_050);
    }

    #[test]
    fn never_goes_back() {
        let clock = StateClock::default();
        clock.observe(500);
        clock.observe(400);
        assert_eq!(clock.now_ms(), 500);
        clock.start();
        clock.stop();
        clock.observe(100);
        assert!(clock.now_ms() >= 500);
    }
}
