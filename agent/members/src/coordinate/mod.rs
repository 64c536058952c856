//! Network coordinates: where a member lies, so that distances estimate round trips that nobody has measured.
//!
//! Vivaldi with height vectors (Dabek, Cox, Kaashoek, Morris 2004); adjustment terms and gravity as in "Network Coordinates in the Wild"
//! (Ledlie, Gardner, Seltzer 2007). Parameters are Consul's, so coordinates of both mean the same. All numbers are seconds.

mod neighbours;
mod vivaldi;

pub(crate) use neighbours::Neighbours;

/// Dimensions of the space.
pub const DIMENSIONS: usize = 8;

/// Least height: half of the shortest round trip that is told apart.
const HEIGHT_MIN: f64 = 10e-6;
/// Greatest error: that of a member which knows nothing yet.
const ERROR_MAX: f64 = 1.5;
/// No round trip in a pool takes longer, and nobody lies farther out. What claims more is no coordinate.
pub(crate) const FARTHEST: f64 = 10.0;

/// Where a member lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coordinate {
    /// Its place in the core of the network.
    pub vec: [f64; DIMENSIONS],
    /// How far it trusts itself: 0 is sure, 1.5 knows nothing.
    pub error: f64,
    /// What its round trips were off lately, half of it: added to each distance, if the sum is positive.
    pub adjustment: f64,
    /// How far it lies from the core: the part of each round trip that all its paths share.
    pub height: f64,
}

impl Default for Coordinate {
    /// The origin, which everyone starts at.
    fn default() -> Self {
        Self { vec: [0.0; DIMENSIONS], error: ERROR_MAX, adjustment: 0.0, height: HEIGHT_MIN }
    }
}

impl Coordinate {
    /// The round trip between two members, as far as their coordinates tell; in seconds.
    #[must_use]
    pub fn distance_to(&self, other: &Self) -> f64 {
        let raw = self.raw_distance_to(other);
        let adjusted = raw + self.adjustment + other.adjustment;
        if adjusted > 0.0 { adjusted } else { raw }
    }

    /// Whether this can be a member's coordinate. A stranger may send anything: one infinity or NaN would spread through the pool.
    #[must_use]
    pub fn is_sane(&self) -> bool {
        let near = |value: &f64| value.is_finite() && value.abs() <= FARTHEST;
        self.vec.iter().all(near)
            && near(&self.adjustment)
            && (0.0..=FARTHEST).contains(&self.height)
            && (0.0..=ERROR_MAX).contains(&self.error)
    }

    fn raw_distance_to(&self, other: &Self) -> f64 {
        length(&difference(&self.vec, &other.vec)) + self.height + other.height
    }
}

fn difference(a: &[f64; DIMENSIONS], b: &[f64; DIMENSIONS]) -> [f64; DIMENSIONS] {
    let mut difference = *a;
    difference.iter_mut().zip(b).for_each(|(a, b)| *a -= b);
    difference
}

fn length(vec: &[f64; DIMENSIONS]) -> f64 {
    vec.iter().map(|part| part * part).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, height: f64, adjustment: f64) -> Coordinate {
        Coordinate { vec: [x, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], height, adjustment, ..Coordinate::default() }
    }

    #[test]
    fn distances_count_heights_and_adjustments_unless_these_undo_them() {
        assert!((Coordinate::default().distance_to(&Coordinate::default()) - 2e-5).abs() < 1e-12);
        assert!((at(0.1, 0.01, 0.0).distance_to(&at(-0.1, 0.02, 0.005)) - 0.235).abs() < 1e-12);
        assert!((at(0.1, 0.0, -0.3).distance_to(&at(0.0, 0.0, 0.0)) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn what_no_member_can_be_is_not_sane() {
        assert!(Coordinate::default().is_sane());
        for bad in [f64::NAN, f64::INFINITY, -11.0, 10.1] {
            assert!(!at(bad, 0.0, 0.0).is_sane() && !at(0.0, 0.0, bad).is_sane(), "{bad}");
            assert!(!at(0.0, bad, 0.0).is_sane(), "{bad}");
        }
        assert!(!at(0.0, -1e-9, 0.0).is_sane());
        assert!(!Coordinate { error: f64::NAN, ..Coordinate::default() }.is_sane());
        assert!(!Coordinate { error: 1.6, ..Coordinate::default() }.is_sane());
    }
}
