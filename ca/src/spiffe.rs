//! SPIFFE ids as this mesh uses them.
//!
//! Parsing accepts one spelling of each id: no percent escapes, no empty or dot segments, no upper case in a
//! datacenter. So two ids are the same exactly when their bytes are, and `parse` then `print` changes nothing.
//! Source: SPIFFE-ID 1.0 (charset, 2048 bytes) and the id table of Consul's service mesh.

mod id;
mod name;
mod trust_domain;

pub use id::{InvalidId, SpiffeId};
pub use name::{DcName, InvalidName, PathName};
pub use trust_domain::{InvalidTrustDomain, TrustDomain};
