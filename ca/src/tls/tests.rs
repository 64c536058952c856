#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod admission;
mod configured;
mod configured_admission;
mod join;
mod rpc;
mod wan;
mod world;
