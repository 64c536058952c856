//! The HTTP edge: bytes in, a [`api::Call`] through the waist, bytes out.
//!
//! [`Bound`] takes the port, [`HttpServer::run`] serves until it is told to stop, then lets requests finish. What a path
//! or a parameter means is in [`api::http`]; here is what costs memory or sockets: connections, bodies and compression, all bounded.
//!
//! **Invariant:** nothing here knows a datacenter, a leader or a table.

mod access;
mod config;
mod connection;
mod connections;
mod content;
mod encoding;
mod head;
mod listener;
mod made;
mod request;
mod server;
mod shared;
mod unsent;

pub use access::Access;
pub use config::HttpConfig;
pub use content::{Lines, Logs};
pub use listener::{BindError, Bound};
pub use server::HttpServer;
pub use shared::Counters;
