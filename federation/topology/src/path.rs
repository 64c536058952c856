use std::time::Duration;

/// Packets a window must have before its loss is believed: the loss of three packets says nothing.
const MIN_WINDOW_PACKETS: u64 = 20;

/// Share of lost packets from which a path counts as lost: below it QUIC still makes progress.
const LOST_SHARE: f64 = 0.5;

/// What QUIC reports of one path: counters since its connection began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathSample {
    /// Smoothed round-trip time.
    pub rtt: Duration,
    /// Packets sent since the connection began. A fall means a new connection.
    pub sent: u64,
    /// Of these, declared lost.
    pub lost: u64,
}

/// What is kept of the samples.
#[derive(Debug, Clone, Default)]
pub(crate) struct Path {
    /// Last round-trip time reported, kept when the path is lost: it still orders datacenters.
    pub(crate) rtt: Option<Duration>,
    /// Share of packets lost in the last full window, 0 to 1.
    pub(crate) loss: Option<f64>,
    /// When the path was reported lost and was not seen since.
    pub(crate) lost_since: Option<Duration>,
    /// When anything was last reported.
    pub(crate) at: Option<Duration>,
    counted: (u64, u64),
}

impl Path {
    pub(crate) fn handle_sample(&mut self, now: Duration, sample: PathSample) {
        self.at = Some(now);
        self.rtt = Some(sample.rtt);
        let (sent_before, lost_before) = self.counted;
        if sample.sent < sent_before || sample.lost < lost_before {
            self.counted = (sample.sent, sample.lost);
            self.loss = None;
            self.lost_since = None;
            return;
        }
        let (sent, lost) = (sample.sent - sent_before, sample.lost - lost_before);
        if sent < MIN_WINDOW_PACKETS {
            // Also a lost path revives here: a sample comes only from a connection that is up.
            if self.loss.is_none_or(|loss| loss < LOST_SHARE) {
                self.lost_since = None;
            }
            return;
        }
        let loss = (lost as f64 / sent as f64).min(1.0);
        self.counted = (sample.sent, sample.lost);
        self.loss = Some(loss);
        self.lost_since = (loss >= LOST_SHARE).then(|| self.lost_since.unwrap_or(now));
    }

    pub(crate) fn handle_lost(&mut self, now: Duration) {
        self.at = Some(now);
        self.loss = None;
        self.counted = (0, 0);
        self.lost_since = Some(self.lost_since.unwrap_or(now));
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost_since.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(sent: u64, lost: u64) -> PathSample {
        PathSample { rtt: Duration::from_millis(5), sent, lost }
    }

    #[test]
    fn loss_is_of_the_window_not_of_all_time() {
        let mut path = Path::default();
        path.handle_sample(Duration::from_secs(1), sample(10_000, 0));
        path.handle_sample(Duration::from_secs(2), sample(10_040, 30));
        assert!(path.is_lost());
        assert_eq!(path.loss, Some(0.75));
        path.handle_sample(Duration::from_secs(3), sample(10_045, 30));
        assert!(path.is_lost(), "five packets do not revive it");
        path.handle_sample(Duration::from_secs(4), sample(10_100, 31));
        assert!(!path.is_lost());
    }

    #[test]
    fn a_new_connection_revives_a_lost_path() {
        let mut path = Path::default();
        path.handle_sample(Duration::from_secs(1), sample(500, 1));
        path.handle_lost(Duration::from_secs(2));
        path.handle_lost(Duration::from_secs(3));
        assert_eq!(path.lost_since, Some(Duration::from_secs(2)));
        path.handle_sample(Duration::from_secs(4), sample(3, 0));
        assert!(!path.is_lost());
    }
}
