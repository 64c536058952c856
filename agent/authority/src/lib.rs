//! The certificate authority of a datacenter, as its servers run it, and the leaf that each server and gateway keeps.
//!
//! ```text
//!  primary's leader:    begin ► root + intermediate ── half-life ──► renew
//!  secondary:           request ► CSR ── the gateways carry it to the primary: sign ──► install ── half-life ──► request …
//!  server, gateway:     roots (blocking read) ► CSR ► sign ► shown ── half-life ──► sign …
//! ```
//! [`decide`] holds every rule, pure: time, serial numbers and keys are arguments, and a changed state is a return value. [`Authority`]
//! commits what was decided through the log, one change at a time, before it answers. [`LeafKeeper`] is the other end: it keeps a
//! leaf for the node's own key.
//!
//! **Invariants:** a private key leaves the servers of its datacenter never, and this crate only into the log. Each change names the
//! epoch it replaces, so a former leader that wakes changes nothing. What another datacenter was signed is in the log before it is
//! handed out.

mod authority;
mod backoff;
mod clock;
pub mod decide;
mod leaf;
mod role;
mod site;

pub use authority::Authority;
pub use leaf::{LeafKeeper, LeafSettings};
pub use role::LeafRole;
pub use site::Site;

#[cfg(test)]
mod tests;
