//! Real processes under a test's control: started, killed, paused, cut off from each other, and asked over HTTP.
//!
//! [`Cluster`] starts datacenters of the built program on loopback addresses of their own, or in network namespaces. [`Workload`] has
//! clients read and write a few keys at once and records what each of them saw; [`History::check`] says whether one register per
//! key, changed one operation at a time, could have answered so. Tests wait for conditions, with a deadline, and never for a time.
//!
//! Of the environment: `DELIAN_BIN` names the program (else it is the one beside the test, built if it is missing), `DELIAN_KEEP`
//! keeps the files of runs that passed; those of a failed run are kept always, and their directory is printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

/// Loopback addresses that no other test uses.
mod address;
/// The program under test.
mod binary;
/// Several datacenters, and the files of a run.
mod cluster;
/// What a process is told when it starts.
mod configuration;
/// The servers and gateways of one datacenter.
mod datacenter;
/// Addresses by name, as applications ask for them.
mod dns;
/// An HTTP/1.1 client that knows whether its request may have been processed.
mod http;
/// Keys and values over HTTP.
mod kv;
/// Could one register have answered so?
mod linearizability;
/// Network namespaces, one per datacenter.
mod namespace;
/// One server or gateway: its process, its files, its address.
mod node;
/// An operator's certificates.
mod operator;
/// A child that can be killed, paused and started again.
mod process;
/// How many clusters run at once on a machine.
mod slot;
/// Waiting for a condition, with a deadline.
mod wait;
/// Clients that do things at once, and write down what they saw.
mod workload;

pub use cluster::{Cluster, Shape};
pub use datacenter::Datacenter;
pub use dns::{addresses, records};
pub use http::{Client, RequestError, Response};
pub use kv::{Consistency, Entry, Failure};
pub use linearizability::{Bounds, CheckError, History, Kind, Op, Outcome, Value, Violation};
pub use namespace::{Namespace, Unavailable};
pub use node::{Node, Setup};
pub use operator::Operator;
pub use process::{Ended, Process};
pub use wait::{PATIENCE, until, until_some};
pub use workload::{Reads, Running, Workload};
