//! `delian.wire.v1.Calls`: many calls over one stream of frames.

pub(crate) mod assembly;
pub(crate) mod client;
pub(crate) mod outbox;
pub(crate) mod server;
mod session;

/// The one method of the service.
pub(crate) const OPEN: &str = "/delian.wire.v1.Calls/Open";
