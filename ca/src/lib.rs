//! Certificates: who may be called what, who signs it, when it is renewed, and how it is checked on a connection.
//!
//! - [`spiffe`]: the names (`spiffe://<uuid>.consul/…`) as types; parsing is strict, so equal ids are equal bytes.
//! - [`issue`]: node keys, the root, the intermediate of each datacenter, signing requests and their checks.
//! - [`tls`]: the only place of the project that makes rustls configurations.
//!
//! The crate has no clock and starts nothing: the time is an argument (unix seconds), and the configurations of
//! [`tls`] take a [`rustls::time_provider::TimeProvider`] from the caller.

pub mod issue;
mod names;
pub mod spiffe;
mod spki;
pub mod tls;
mod validity;

pub use names::BadNames;
pub use spki::{SpkiHash, Undecodable, root_id};
pub use validity::{InvalidValidity, Validity};
