//! Where the two kinds of agents differ in what they say.

use crate::Reloadable;
use api::{Call, Error, Reply};

/// What only one kind of agent can say of itself.
pub trait Office: Send + Sync + 'static {
    /// Answers an operation that is not every agent's.
    ///
    /// # Errors
    /// What the operation says; [`api::Code::Unsupported`] when this kind of agent has no answer to it.
    fn answer(&self, call: &Call) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// The members of the WAN pool as Consul lists them: servers, named `name.dc`. `pool` is the LAN.
    fn wan_members(&self, pool: &[members::Member]) -> Vec<api::agent::Member>;

    /// Joins the WAN pool by way of `address`.
    ///
    /// # Errors
    /// Why that did not work.
    fn join_wan(&self, address: &str) -> impl Future<Output = Result<(), Error>> + Send;

    /// Has a failed gateway count as one that left. Answers whether there is one of that name.
    ///
    /// # Errors
    /// When this agent is not in the WAN pool.
    fn force_leave_wan(&self, node: &str, prune: bool) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Goes by `new` from now on, as far as it goes by anything of that.
    fn reloaded(&self, new: &Reloadable);

    /// Whether it is a server.
    fn is_server(&self) -> bool;

    /// Sections of `/v1/agent/self`'s `Stats`, beyond those that every agent has.
    fn stats(&self) -> serde_json::Map<String, serde_json::Value>;

    /// Gauges beyond those that every agent has.
    fn gauges(&self) -> Vec<(&'static str, f64)>;

    /// Counters beyond those that every agent has.
    fn counted(&self) -> Vec<(&'static str, u64)>;
}
