//! Lifeguard's local health: how far to distrust our own probes (Dadgar, Phillips, Currey 2017).

use std::time::Duration;

/// A score from 0 (well) to a ceiling. Missed answers and refutations raise it, answered probes lower it.
pub(crate) struct LocalHealth {
    score: u32,
    max: u32,
}

impl LocalHealth {
    pub(crate) fn new(max: u32) -> Self {
        Self { score: 0, max }
    }

    pub(crate) fn score(&self) -> u32 {
        self.score
    }

    pub(crate) fn worsen(&mut self, by: u32) {
        self.score = self.score.saturating_add(by).min(self.max);
    }

    pub(crate) fn recover(&mut self) {
        self.score = self.score.saturating_sub(1);
    }

    /// A member in doubt about itself gives others more time.
    pub(crate) fn stretch(&self, delay: Duration) -> Duration {
        delay.saturating_mul(self.score.saturating_add(1))
    }
}
