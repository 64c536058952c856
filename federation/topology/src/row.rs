use std::net::SocketAddr;
use std::time::Duration;

use crate::BreakerConfig;
use crate::Datacenter;
use crate::GatewayName;
use crate::ServerName;
use crate::breaker::Breaker;
use crate::path::Path;

/// What a gateway announces about one datacenter: its own, or, towards the servers beside it, a remote one it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayRow {
    /// The gateway that announces, and that a call is handed to.
    pub gateway: GatewayName,
    /// The datacenter reached through it.
    pub datacenter: Datacenter,
    /// Where the gateway takes calls.
    pub addr: SocketAddr,
    /// Round-trip time the gateway itself measured to the datacenter, if it did.
    pub rtt: Option<Duration>,
    /// The gateway's own verdict: it has withdrawn the datacenter.
    pub withdrawn: bool,
    /// Servers of the datacenter.
    pub servers: Vec<Server>,
}

/// A server of a datacenter, as a gateway announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its node name.
    pub name: ServerName,
    /// Where it takes RPC.
    pub addr: SocketAddr,
    /// Whether its LAN's gossip and checks hold it for alive.
    pub healthy: bool,
    /// Its version, as it says. At most 64 bytes.
    pub version: String,
}

/// How a gateway went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// It said goodbye. It is not tried again.
    Left,
    /// Gossip declared it dead. It is tried only while nothing better is known.
    Failed,
    /// The stream that carried its rows ended. Tried like a failed one.
    StreamEnded,
}

/// Why a call through a gateway failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFailure {
    /// No connection could be made.
    Unreachable,
    /// The connection died during the call.
    Lost,
    /// No answer in time.
    TimedOut,
    /// The far side refused because it was full: it is alive, so this opens no breaker.
    Busy,
}

impl CallFailure {
    /// Whether it speaks against the path, rather than proving it alive.
    pub(crate) fn is_evidence(self) -> bool {
        !matches!(self, Self::Busy)
    }
}

/// A row, and what experience adds to it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) announced: GatewayRow,
    /// When it was last announced.
    pub(crate) seen: Duration,
    pub(crate) departed: Option<(Departure, Duration)>,
    pub(crate) path: Path,
    pub(crate) breaker: Breaker,
    pub(crate) last_failure: Option<(CallFailure, Duration)>,
    pub(crate) last_success: Option<Duration>,
    call_rtt: Option<Duration>,
}

impl Row {
    pub(crate) fn new(now: Duration, announced: GatewayRow, breaker: BreakerConfig) -> Self {
        Self {
            announced,
            seen: now,
            departed: None,
            path: Path::default(),
            breaker: Breaker::new(breaker),
            last_failure: None,
            last_success: None,
            call_rtt: None,
        }
    }

    /// Takes over a newer announcement of the same gateway.
    pub(crate) fn renew(&mut self, now: Duration, announced: GatewayRow) {
        if self.announced.addr != announced.addr {
            self.path = Path::default();
        }
        if self.departed.take().is_some() {
            self.breaker.encourage(now);
        }
        self.announced = announced;
        self.seen = now;
    }

    pub(crate) fn handle_success(&mut self, now: Duration, rtt: Duration) {
        self.breaker.succeeded();
        self.last_success = Some(now);
        // A quarter of the new value, as TCP smooths (RFC 6298 takes an eighth; calls are rarer than segments).
        self.call_rtt = Some(self.call_rtt.map_or(rtt, |old| (old * 3 + rtt) / 4));
    }

    pub(crate) fn handle_failure(&mut self, now: Duration, failure: CallFailure, seed: u64) {
        self.last_failure = Some((failure, now));
        if failure.is_evidence() {
            self.breaker.failed(now, seed);
        }
    }

    /// The path as QUIC measured it, else as the gateway measured it, else as calls took.
    pub(crate) fn rtt(&self) -> Option<Duration> {
        self.path.rtt.or(self.announced.rtt).or(self.call_rtt)
    }

    pub(crate) fn has_left(&self) -> bool {
        matches!(self.departed, Some((Departure::Left, _)))
    }
}
