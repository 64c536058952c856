use std::time::Duration;

use crate::Class;
use crate::Peer;

/// The path to a dialled peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStats {
    /// The peer.
    pub peer: Peer,
    /// What the connection is for.
    pub class: Class,
    /// Whether it is up, and its figures.
    pub state: PathState,
    /// How long it has been in this state.
    pub since: Duration,
}

/// Whether a path is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathState {
    /// Connected. Counters are of this connection.
    Up {
        /// Smoothed round-trip time.
        rtt: Duration,
        /// Packets sent, probes for a larger MTU not counted: their loss says nothing about the path.
        sent: u64,
        /// Of these, declared lost.
        lost: u64,
        /// Packets received. While they do not grow, the peer is silent: it answers keep-alives.
        received: u64,
        /// Congestion window, bytes.
        congestion_window: u64,
        /// Largest UDP payload found to pass, bytes.
        mtu: u16,
    },
    /// A handshake is under way.
    Dialling,
    /// Not connected: why the last connection or dial ended.
    Down {
        /// The reason; empty if never dialled.
        why: String,
    },
}

impl PathState {
    pub(crate) fn of(connection: &quinn::Connection) -> Self {
        let stats = connection.stats();
        let path = stats.path;
        Self::Up {
            rtt: path.rtt,
            sent: path.sent_packets.saturating_sub(path.sent_plpmtud_probes),
            lost: path.lost_packets,
            received: stats.udp_rx.datagrams,
            congestion_window: path.cwnd,
            mtu: path.current_mtu,
        }
    }
}
