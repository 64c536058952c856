//! Other processes: servers of this datacenter, its gateways, and through them other datacenters.

use crate::Hop;
use api::{Answer, Call, Error};

/// The way to other processes.
pub trait Peers: Send + Sync + 'static {
    /// Hands `call` to whoever `hop` names, and brings the answer back within `call.time_left`. One try on one path: whether
    /// another is worth it is decided here, in the dispatcher.
    ///
    /// # Errors
    /// What the other side answered, or why there is no answer; [`Error::proves_unprocessed`] says whether the call may be repeated.
    fn send(&self, hop: &Hop, call: Call) -> impl Future<Output = Result<Answer, Error>> + Send;
}

impl<P: Peers> Peers for std::sync::Arc<P> {
    fn send(&self, hop: &Hop, call: Call) -> impl Future<Output = Result<Answer, Error>> + Send {
        (**self).send(hop, call)
    }
}

/// The peers of a process that is alone.
pub struct NoPeers;

impl Peers for NoPeers {
    async fn send(&self, hop: &Hop, _: Call) -> Result<Answer, Error> {
        Err(Error { unprocessed: true, ..Error::failed(format!("no way to {hop}")) })
    }
}
