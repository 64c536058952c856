use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::Congestion;
use crate::TlsSource;

/// What a [`crate::Link`] is told at start.
#[derive(Clone)]
pub struct LinkConfig {
    /// Where to listen and dial from (UDP).
    pub addr: SocketAddr,
    /// Identity and verifiers.
    pub tls: Arc<dyn TlsSource>,
    /// Bounds on everything others can make grow.
    pub limits: Limits,
    /// Congestion controller.
    pub congestion: Congestion,
    /// How long calls may go on after a stop.
    pub drain: Duration,
}

/// Most of each thing others can make grow.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a head.
    pub head: u32,
    /// Bytes of a body: KV values are at most 512 KiB, a transaction of them and a list answer more.
    pub body: u32,
    /// Calls read and waiting to be taken. Small: what waits here is not worked on.
    pub call_queue: usize,
    /// Calls taken and not answered, over all connections.
    pub calls: usize,
    /// Kibibytes of requests longer than a packet, read or being read, not answered.
    pub request_kib: u32,
    /// Gossip waiting to be taken.
    pub gossip_queue: usize,
    /// Joins waiting to be taken, and connections of strangers at a time.
    pub joins: usize,
    /// Joins per source address (an IPv6 /64) and minute.
    pub joins_per_minute: u32,
    /// Mesh streams waiting to be taken.
    pub mesh_queue: usize,
    /// Inbound connections.
    pub connections: usize,
    /// Handshakes at a time from which a client must prove its address by a `Retry` first.
    pub handshakes_before_retry: usize,
    /// Handshakes at a time from which connections are refused.
    pub handshakes: usize,
    /// Peers dialled and remembered.
    pub peers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 << 10,
            body: (4 << 20) + (64 << 10),
            call_queue: 4096,
            calls: 16_384,
            request_kib: 128 << 10,
            gossip_queue: 1024,
            joins: 64,
            joins_per_minute: 20,
            mesh_queue: 1024,
            connections: 1024,
            handshakes_before_retry: 32,
            handshakes: 256,
            peers: 1024,
        }
    }
}

impl LinkConfig {
    /// Defaults for a link at `addr`.
    pub fn new(addr: SocketAddr, tls: Arc<dyn TlsSource>) -> Self {
        let (limits, congestion) = (Limits::default(), Congestion::default());
        Self { addr, tls, limits, congestion, drain: Duration::from_secs(10) }
    }
}
