//! How a gateway comes to be trusted: certificates from its own leader, and the joining of a new datacenter.
//!
//! ```text
//! start ── roots of our leader? ──yes──► leaf signed by our leader ──► links to other gateways, renewal at half-life
//!               │ no (a secondary without an intermediate)
//!               └─► knock at a gateway of `retry_join_wan` ─► our leader's request signed in the primary ─► our leader installs it
//! ```

mod certifier;
mod door;
mod identities;
mod knock;
mod leaf;
mod message;
mod secret;
mod tls;

pub(crate) use certifier::Certifier;
pub use certifier::Standing;
pub(crate) use door::Door;
pub(crate) use identities::Identities;
pub(crate) use knock::KnockError;
pub(crate) use secret::Secret;
pub(crate) use tls::LinkTls;

#[cfg(test)]
mod tests;
