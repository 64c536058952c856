//! Large pools on virtual time: how fast news spreads, how fast a death is noticed, how often one is imagined, and what that costs.
//!
//! `cargo test -p members --test pools -- --nocapture` prints the measured figures beside those of others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "network/world.rs"]
#[allow(dead_code, reason = "the small networks use the rest")]
mod world;

#[path = "pools/lan.rs"]
mod lan;
#[path = "pools/measure.rs"]
mod measure;
#[path = "pools/report.rs"]
mod report;
#[path = "pools/wan.rs"]
mod wan;
