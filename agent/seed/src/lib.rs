//! Choices that look random, made of a seed that is given.
//!
//! They spread what many processes do, and which of several is taken. Nothing secret is made of them: who has seen one can tell the next.
//!
//! **Invariant:** the same seed makes the same choices, on every machine and in every version: servers that apply the same log make ids so.

#![cfg_attr(not(test), no_std)]

/// From one seed of a sequence to the next, by wrapping addition: the golden ratio, in 64 bits.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads a seed over all 64 bits, so that neighbours have nothing in common: SplitMix64 (Steele, Lea, Flood 2014).
#[inline]
#[must_use]
pub const fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(STEP);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Bits that are spread evenly, as a number in `0.0..1.0`.
#[inline]
#[must_use]
pub const fn unit(bits: u64) -> f64 {
    // As many bits as the number's fraction holds.
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_paper() {
        // The first numbers of Vigna's `splitmix64.c` with a state of 1234567.
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431];
        let mut seed = 1_234_567u64;
        for expected in expected {
            assert_eq!(mixed(seed), expected);
            seed = seed.wrapping_add(STEP);
        }
    }

    #[test]
    fn units_are_below_one_and_reach_both_ends() {
        assert_eq!(unit(0).to_bits(), 0.0f64.to_bits());
        assert!(unit(u64::MAX) < 1.0 && unit(u64::MAX) > 0.999_999_999_999_999);
    }
}
