//! This node's own services and checks, and what of them has to be written to the catalog, and when.
//!
//! [`Local`] is the register. Commands (`register_service`, `update_ttl`, …) change it and return [`Effect`]s for whoever runs it: what
//! to keep on disk, which checks to run. Time is the time since the agent was started; [`Local::next_due`] says when
//! [`Local::handle_time`] wants to be called.
//!
//! The catalog is to say of this node what [`Local`] says. [`Local::changes`] lists the writes that are known to be missing, each of
//! which is settled with [`Local::settle`]; [`Local::compare`] takes a look at the catalog and finds out what else is. [`Pace`] says
//! when to look: soon after the start, then at Consul's intervals.
//!
//! **Invariant:** whatever happened before, one comparison and the writes it leads to make the catalog say of this node what the agent
//! knows, and another comparison then leads to none. What others keep of the node (`consul`, `serfHealth`) is left alone.

mod answer;
mod change;
mod check;
mod compare;
mod definition;
mod discoverable;
mod due;
mod effect;
mod entry;
mod error;
mod hash;
mod health;
mod local;
mod maintenance;
mod meta;
mod pace;
mod random;
mod register;
mod reload;
mod service;
mod settings;
mod sidecar;
mod status;
mod stored;

pub use change::{Change, Outcome};
pub use check::Check;
pub use compare::Seen;
pub use discoverable::{Undiscoverable, undiscoverable};
pub use effect::Effect;
pub use local::Local;
pub use pace::Pace;
pub use service::Service;
pub use settings::{Scripts, Settings, Source};
pub use stored::{StoredCheck, StoredService, StoredTtl};
