//! A small stand-in for the crate of this name, in which openraft counts how large its batches are and how long its stages take.
//!
//! The real one builds tables for sixteen scales at its first use, 24 MiB in all, and keeps them: more than half of what an idle server
//! held. This one has a bucket for each power of two, 520 bytes a histogram, so its percentiles are right within a factor of two. It
//! goes when a release of the real one builds only the scale that is asked for.
//!
//! **Invariant:** what openraft calls, and nothing else.

use std::fmt;
use std::marker::PhantomData;

const BUCKETS: usize = 65;

/// How often values of each size were recorded: bucket `n` holds those of `n` bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram<T = ()> {
    counts: [u64; BUCKETS],
    slot: PhantomData<T>,
}

impl<T> Histogram<T> {
    /// Nothing recorded yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { counts: [0; BUCKETS], slot: PhantomData }
    }

    /// Records a value.
    pub const fn record(&mut self, value: u64) {
        self.record_n(value, 1);
    }

    /// Records a value `times` times.
    pub const fn record_n(&mut self, value: u64, times: u64) {
        let bucket = (u64::BITS - value.leading_zeros()) as usize;
        self.counts[bucket] = self.counts[bucket].saturating_add(times);
    }

    /// How many values were recorded.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |total, count| total.saturating_add(*count))
    }

    /// The least power of two, less one, below which `share` of the values lie; 0 for none.
    #[must_use]
    pub fn percentile(&self, share: f64) -> u64 {
        let wanted = (self.total() as f64 * share).ceil() as u64;
        let mut seen = 0u64;
        for (bits, count) in self.counts.iter().enumerate() {
            seen = seen.saturating_add(*count);
            if wanted > 0 && seen >= wanted {
                return u64::MAX.checked_shr(64 - bits as u32).unwrap_or(0);
            }
        }
        0
    }

    /// The percentiles that openraft prints.
    #[must_use]
    pub fn percentile_stats(&self) -> PercentileStats {
        PercentileStats {
            samples: self.total(),
            p0_1: self.percentile(0.001),
            p1: self.percentile(0.01),
            p5: self.percentile(0.05),
            p10: self.percentile(0.1),
            p50: self.percentile(0.5),
            p90: self.percentile(0.9),
            p99: self.percentile(0.99),
            p99_9: self.percentile(0.999),
        }
    }
}

impl<T> Default for Histogram<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Percentiles of a histogram, each right within a factor of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the percentile it is named after")]
pub struct PercentileStats {
    pub samples: u64,
    pub p0_1: u64,
    pub p1: u64,
    pub p5: u64,
    pub p10: u64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub p99_9: u64,
}

impl fmt::Display for PercentileStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n={} p50={} p90={} p99={} p99.9={}", self.samples, self.p50, self.p90, self.p99, self.p99_9)
    }
}

/// Histograms by name, a line each.
#[derive(Clone, Debug, Default)]
pub struct AsciiChart(Vec<(String, Histogram)>);

impl AsciiChart {
    /// No histogram yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One more.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "the name that openraft calls")]
    pub fn add(mut self, name: &str, histogram: Histogram) -> Self {
        self.0.push((name.to_owned(), histogram));
        self
    }
}

impl fmt::Display for AsciiChart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, histogram)| writeln!(f, "{name}: {}", histogram.percentile_stats()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_within_a_factor_of_two() {
        let mut histogram = Histogram::<()>::new();
        assert_eq!(histogram.percentile(0.5), 0);
        (1..=1000).for_each(|value| histogram.record(value));
        histogram.record_n(u64::MAX, 1);
        let stats = histogram.percentile_stats();
        assert_eq!(stats.samples, 1001);
        assert!((500..1000).contains(&stats.p50) && (900..1800).contains(&stats.p90), "{stats}");
        assert_eq!(histogram.percentile(1.0), u64::MAX);
    }
}
