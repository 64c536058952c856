#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cold_start;
mod datacenters;
mod joining;
mod leaves;
mod memory_log;
mod rules;
mod tls;
mod world;
