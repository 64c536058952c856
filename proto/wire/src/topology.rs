//! `delian.wire.v1.Topology`: a server follows what a gateway knows, as a stream of whole snapshots.

pub(crate) mod client;
pub(crate) mod server;

/// The one method of the service.
pub(crate) const WATCH: &str = "/delian.wire.v1.Topology/Watch";
