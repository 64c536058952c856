//! Numbers that spread what many agents do.

use std::time::Duration;

/// A sequence that looks random; the seed is given.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Somewhere in `0..most`.
    pub(crate) fn below(&mut self, most: Duration) -> Duration {
        let bits = seed::mixed(self.0);
        self.0 = self.0.wrapping_add(seed::STEP);
        most.mul_f64(seed::unit(bits))
    }
}
