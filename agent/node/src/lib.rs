//! What every process of a datacenter has, be it server, client agent or gateway: an identity on disk, a place in the LAN pool, and
//! the trust that lets the others call it.
//!
//! [`Identity`] is what the data directory remembers; [`Tags`] is what a process says of itself through gossip, and reads of the
//! others; [`Trust`] holds its certificate, whom it trusts, and the TLS configurations made of both.
//!
//! **Invariant:** nothing here opens a socket or starts a task.

mod certificates;
mod configured;
mod coordinates;
mod durable;
mod identity;
mod policy;
mod tags;
mod trust;
mod verdicts;

pub use certificates::Certificates;
pub use configured::RpcCertificates;
pub use coordinates::{coordinate, report_coordinates};
pub use identity::{Identity, IdentityError};
pub use tags::{Kind, ServerTags, Tags, kind_of, peers};
pub use trust::{Trust, TrustError, key_of};
