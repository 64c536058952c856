//! What servers and client agents have in common: a place in the LAN pool, edges for HTTP and DNS, and a desk where the process answers about
//! itself.
//!
//! [`AgentSettings`] is what either is told. [`pool`] takes the agent's place among the members and keeps it. [`Front`] is everything that
//! an agent shows; at its desk it answers the operations that are about this process, and what only one kind of agent can say comes from
//! its [`Office`].
//!
//! **Invariant:** neither raft nor a gateway is known here.

mod answers;
mod desk;
mod document;
mod edges;
mod ended;
mod events;
mod front;
mod hearing;
mod host;
mod metrics;
mod node;
mod office;
mod places;
mod pools;
mod reloadable;
mod settings;

pub mod pool;
pub mod watches;

pub use document::VERSION;
pub use ended::{Ended, drain};
pub use front::{Front, FrontError, Stops};
pub use office::Office;
pub use pools::{lan_member, protocol_versions};
pub(crate) use reloadable::Current;
pub use reloadable::{Compaction, Reload, Reloadable, Reread};
pub use settings::{AgentSettings, HttpAddress};
