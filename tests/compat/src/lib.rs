//! Behaviour held to transcripts of Consul 1.8.7: requests in order, and what it answered.
//!
//! Everything runs in one process and without a server: a request is parsed by `api`, asked of a [`state::State`], and its answer
//! rendered. Indexes are compared as what they are to clients: two that are equal there are equal here, and none that grew there does
//! not here.

mod indexes;
mod transcript;
mod world;

pub use transcript::{Step, replay};
pub use world::World;
