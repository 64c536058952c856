//! Made-up inputs: the same for the same seed.

/// Longest input out of nowhere, in bytes.
const LONGEST_NEW: usize = 600;
/// Longest input that was changed, in bytes.
const LONGEST: usize = 8192;

/// What parsers tend to stumble over.
const AWKWARD: &[&[u8]] = &[
    b"",
    b"\0",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"${",
    b"<<EOF\n",
    b"\"\\u",
    b"[[[[",
    b"{\"a\":{",
    b"\xf0\x9f",
    b"../",
    b"%00",
];

/// A source of inputs.
#[derive(Debug, Clone)]
pub struct Inputs {
    state: u64,
}

impl Inputs {
    /// Inputs that are all told by `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x9e37_79b9_7f4a_7c15 }
    }

    /// The next one: bytes out of nowhere, or one of `seeds` after a few changes.
    pub fn next(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        if seeds.is_empty() || self.below(4) == 0 {
            let length = self.below(LONGEST_NEW);
            return (0..length).map(|_| self.byte()).collect();
        }
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..self.below(6) {
            self.change(&mut input, seeds);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        match self.below(6) {
            0 if at < input.len() => input[at] = self.byte(),
            1 if at < input.len() => input[at] ^= 1 << self.below(8),
            2 => input.truncate(at),
            3 => drop(input.splice(at..at, AWKWARD[self.below(AWKWARD.len())].iter().copied())),
            4 => {
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let end = (at + self.below(16)).min(input.len());
                let repeated = input[at..end].to_vec();
                drop(input.splice(at..at, repeated));
            }
        }
    }

    fn byte(&mut self) -> u8 {
        self.step().to_le_bytes()[7]
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.step() >> 33).unwrap_or(0) % bound.max(1)
    }

    /// SplitMix64.
    fn step(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
