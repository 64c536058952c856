//! TCP, TLS and HTTP/2 under the services: dialling, redialling, accepting, routing.

pub(crate) mod abort;
pub(crate) mod admission;
pub(crate) mod channel;
pub(crate) mod client_tls;
pub(crate) mod connection;
pub(crate) mod connector;
pub(crate) mod grpc;
pub(crate) mod redial;
pub(crate) mod server;
pub(crate) mod socket;
