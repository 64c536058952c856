//! Runs the checks of a node: HTTP, TCP, UDP, gRPC, HTTP/2 pings, scripts, commands in containers, services of the operating system, aliases.
//!
//! ```ignore
//! let (checks, mut results) = Checks::new(Settings::default(), aliases);
//! checks.set(&"service:web".into(), plan, Source::Api)?;   // from now on it runs; again with the same plan: goes on
//! while let Some(report) = results.recv().await { … }      // only changes are reported; stale ones never
//! checks.remove("service:web");                            // cancels a run under way
//! ```
//!
//! The host turns definitions into [`Plan`]s, keeps the status of each check (which starts as the definition says, and as critical
//! without that) and changes it as [`Report`]s come in. [`Checks`] is cheap to clone; no call of it waits. When the last clone is
//! dropped, everything stops.
//!
//! - **Polled** checks run first after a random part of their interval, then an interval after the previous run began, and never
//!   twice at a time. A bounded number runs at once, those that start processes counted apart; who comes later waits in turn.
//! - **TTL** checks are the host's own: nothing is run, and it knows best when it was told.
//! - **Alias** checks follow what the host's [`Aliases`] says of the aliased service or node.
//!
//! A report comes when status or output differ from the last one, and after each [`Checks::set`], so that a host that forgot the
//! status gets it again. Statuses and texts are those of Consul.
//!
//! **Invariant:** a check costs nothing between its runs but its entry in one timer queue, and nothing that a check talks to can make
//! it hold more than its output or last longer than its timeout.

mod alias;
mod checks;
mod outcome;
mod output;
mod plan;
mod probe;
mod refused;
mod report;
mod results;
mod roster;
mod runner;
mod schedule;
mod settings;
mod shared;
mod status;
mod thresholds;

pub use alias::{Aliased, Aliases, Observed, Target};
pub use checks::Checks;
pub use plan::{Docker, Grpc, H2Ping, Http, OsService, Plan, Polled, Probe, Script, Source, Tcp, Tls, Udp};
pub use refused::Refused;
pub use report::Report;
pub use results::Results;
pub use settings::{Probing, Redirects, Roots, Scripts, Settings, script_environment};
pub use status::Status;
pub use thresholds::Thresholds;

/// How bytes of strangers are read: for those who feed it made-up ones.
pub mod strangers {
    pub use crate::probe::{read_health, redirect};
}

#[cfg(test)]
mod tests;
