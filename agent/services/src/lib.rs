//! Keeps this node's services and checks, and the catalog true to them: the task around [`local::Local`].
//!
//! [`Services::new`] registers what the configuration defines and what was kept on disk; [`Services::run`] is the task. Everything else
//! goes through the [`Handle`]: operations of the API, and reloads. How a call reaches the servers is the caller's: a server's own
//! dispatcher, or a client agent's, which forwards.
//!
//! ```text
//!  HTTP ──► Handle ──► inbox ──► Local ──► effects ──► disk (`services/`, `checks/`)
//!                              ▲   │  │
//!                     results ─┴───┼──┴──────────────► checks
//!                                  │
//!                                  └──► changes ──► calls to the servers ──► settled
//! ```
//!
//! **Invariant:** no rule of registration or of anti-entropy is here. It works without any server in reach: calls fail, and are made again.

mod alias;
mod disk;
mod handle;
mod keeper;
mod pass;
mod plan;
mod services;
mod settings;

pub use disk::DiskError;
pub use handle::Handle;
pub use services::{Services, StartError};
pub use settings::Settings;
