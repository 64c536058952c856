//! A datacenter in one process: the parts that decide, on a clock that the test owns and with choices drawn from a seed.
//!
//! [`each_seed`] runs a story once per seed and prints the seed of one that fails; `DELIAN_SEED=<seed>` tells that story again. With
//! [`virtual_time`] an hour passes as soon as everyone waits, and the same seed gives the same run. With [`paced_time`] time runs some
//! ten times as fast as ours, for parts with threads of their own (raft's log): there a seed repeats the choices, and not the run.
//!
//! One file below `tests/` per invariant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

/// Clocks.
mod clock;
/// A replicated log without elections, for those who only watch what comes out of it.
mod memory_log;
/// Who reaches whom, and what gets lost.
mod network;
/// A story per seed.
mod seed;

pub use clock::{paced_time, virtual_time};
pub use memory_log::{Entries, Replica};
pub use network::{Calls, Network};
pub use seed::{Seed, each_seed};
