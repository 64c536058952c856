//! A story per seed.

use rand::SeedableRng;
use rand::rngs::SmallRng;

/// Where all choices of one story come from.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub u64);

impl Seed {
    /// A source for one of the story's parts: the choices of one do not disturb those of another.
    #[must_use]
    pub fn rng(self, part: u64) -> SmallRng {
        SmallRng::seed_from_u64(self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(part))
    }
}

/// Tells a story for each seed from 0 to `count`, or only for the one that `DELIAN_SEED` names.
pub fn each_seed(count: u64, story: impl Fn(Seed)) {
    let named = std::env::var("DELIAN_SEED").ok().map(|text| text.parse().unwrap_or_else(|_| panic!("DELIAN_SEED: {text:?} is no number")));
    let seeds = named.map_or(0..count, |seed: u64| seed..seed + 1);
    for seed in seeds {
        let _print = OnPanic(seed);
        story(Seed(seed));
    }
}

struct OnPanic(u64);

impl Drop for OnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to repeat it: DELIAN_SEED={}", self.0);
        }
    }
}
