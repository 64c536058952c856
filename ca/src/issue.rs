//! Keys, requests, certificates.
//!
//! ```text
//! RootAuthority ──sign_intermediate──► Intermediate (one per datacenter, path length 0) ──sign_leaf──► leaf
//! ```
//! The primary has an intermediate like every other datacenter. A signed certificate never copies from a request
//! more than its public key: the names come from what was authorised, and the request must name just these.
//! Times are unix seconds given by the caller, serial numbers come from randomness given by the caller.

mod authority;
mod ca_name;
mod csr;
mod error;
mod grant;
mod intermediate;
mod key;
mod root;
mod serial;

pub use ca_name::{CaName, NotACaName};
pub use csr::CsrRefused;
pub use error::IssueError;
pub use grant::Grant;
pub(crate) use grant::{gateway_host, server_host};
pub use intermediate::Intermediate;
pub use key::{KeyFileError, PrivateKey};
pub use root::RootAuthority;
pub use serial::Serial;

#[cfg(test)]
mod tests;
