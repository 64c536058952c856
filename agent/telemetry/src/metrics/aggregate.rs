//! Many values as a few numbers.

/// Values of one series: what Consul tells of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Aggregate {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// The sum of the squares of the distances from the mean, kept by Welford's method: the difference of two sums would cancel out
    /// for large values close together.
    distances: f64,
    mean: f64,
}

impl Aggregate {
    /// `count` events, each of which counts 1.
    pub(crate) fn events(count: u64) -> Self {
        Self { count, sum: precise(count), min: 1.0, max: 1.0, distances: 0.0, mean: 1.0 }
    }

    pub(crate) fn add(&mut self, value: f64) {
        (self.min, self.max) = if self.count == 0 { (value, value) } else { (self.min.min(value), self.max.max(value)) };
        self.count += 1;
        self.sum += value;
        let distance = value - self.mean;
        self.mean += distance / precise(self.count);
        self.distances += distance * (value - self.mean);
    }

    pub(crate) fn mean(&self) -> f64 {
        self.mean
    }

    /// Of the sample, so 0 below two values.
    pub(crate) fn deviation(&self) -> f64 {
        if self.count < 2 { 0.0 } else { (self.distances / precise(self.count - 1)).sqrt() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur, and would be shown rounded")]
fn precise(count: u64) -> f64 {
    count as f64
}
