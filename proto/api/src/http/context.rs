//! What an edge knows that a request does not say.

use crate::{Answer, translate};
use std::time::Duration;

/// What this node is called, and the bounds and habits it was configured with.
#[derive(Clone, Debug)]
pub struct Context {
    /// The name of this node: what `near=_agent` means.
    pub node: String,
    /// The datacenter of this node: what a registration that names none is for.
    pub datacenter: String,
    /// Greatest value of a key, in bytes (`limits.kv_max_value_size`).
    pub kv_max_value_size: usize,
    /// Greatest transaction, in bytes (`limits.txn_max_req_len`).
    pub txn_max_req_len: usize,
    /// How long a blocking read waits that does not say (`default_query_time`).
    pub default_query_time: Duration,
    /// How long it waits at the most (`max_query_time`).
    pub max_query_time: Duration,
    /// How long a call may take that does not block.
    pub call_time: Duration,
    /// Whether network coordinates are kept (`disable_coordinates`).
    pub coordinates: bool,
    /// Indent all JSON, as `-dev` does.
    pub pretty: bool,
    /// Whether `?cached` counts (`http_config.use_cache`).
    pub use_cache: bool,
    /// Whether nodes and instances of other datacenters are told by their WAN addresses (`translate_wan_addrs`).
    pub translate_wan_addrs: bool,
}

impl Context {
    /// An answer as this node tells it.
    #[must_use]
    pub fn told(&self, answer: Answer) -> Answer {
        if self.translate_wan_addrs { translate::answer(answer, &self.datacenter) } else { answer }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self {
            node: String::new(),
            datacenter: String::new(),
            kv_max_value_size: crate::kv::VALUE_LIMIT,
            txn_max_req_len: crate::kv::VALUE_LIMIT,
            default_query_time: Duration::from_secs(300),
            max_query_time: Duration::from_secs(600),
            call_time: Duration::from_secs(30),
            coordinates: true,
            pretty: false,
            use_cache: true,
            translate_wan_addrs: false,
        }
    }
}
