use std::sync::Arc;
use std::time::Duration;

use quinn::IdleTimeout;
use quinn::TransportConfig;
use quinn::VarInt;
use quinn::congestion;

/// Silence after which a path counts as lost, and what waits on it fails. Part of the published bound for withdrawing a datacenter.
const IDLE: VarInt = VarInt::from_u32(6_000);

/// Six keep-alives per idle time, and each that is lost is repeated after a probe timeout.
const KEEP_ALIVE: Duration = Duration::from_secs(1);

/// Streams a control peer may have open: one per call under way. 10k calls/s at 100 ms are 1,000; the rest is for bursts, and
/// for blocking reads, of which a gateway lets 4,096 wait.
const CONTROL_STREAMS: VarInt = VarInt::from_u32(10_240);

/// Streams a mesh peer may have open: one per TCP connection carried.
const MESH_STREAMS: VarInt = VarInt::from_u32(16_384);

/// Unidirectional streams of a control peer: gossip too big for a datagram, rare and short.
const CONTROL_UNI_STREAMS: VarInt = VarInt::from_u32(64);

/// A whole body of the default limit fits one stream's window, so that no call waits a round trip for credit.
const STREAM_WINDOW: VarInt = VarInt::from_u32((4 << 20) + (256 << 10));

/// 1 Gbit/s at 250 ms round trip is 32 MiB in flight. Bounds what one peer can make us buffer unread.
const CONNECTION_WINDOW: VarInt = VarInt::from_u32(32 << 20);

/// What a peer not yet authenticated may have in flight: one join request.
const STRANGER_WINDOW: VarInt = VarInt::from_u32(80 << 10);

/// About 1,500 gossip packets: what arrives while the process is not scheduled for a moment. The oldest is dropped.
const DATAGRAM_RECEIVE_BYTES: usize = 2 << 20;

/// Gossip older than this many queued bytes is worthless: a slow path must not deliver minutes-old suspicions.
const DATAGRAM_SEND_BYTES: usize = 256 << 10;

/// The least QUIC promises (RFC 9000, 14). Datagrams of 1,162 bytes fit from the first packet on; discovery raises it.
const MTU: u16 = 1200;

/// What a connection is for. Separate connections, so that bulk never delays gossip: each has its own congestion window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Gossip and calls between gateways.
    Control,
    /// Carried TCP connections.
    Mesh,
    /// A datacenter that asks to join and has no certificate yet.
    Stranger,
}

/// Congestion controller of all connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Congestion {
    /// RFC 8312.
    #[default]
    Cubic,
    /// BBR version 1, which quinn calls experimental.
    Bbr,
}

impl Class {
    pub(crate) const ALL: [Self; 3] = [Self::Control, Self::Mesh, Self::Stranger];

    /// The protocol name in the TLS handshake (RFC 7301).
    pub fn alpn(self) -> &'static [u8] {
        match self {
            Self::Control => b"delian-wan/1",
            Self::Mesh => b"delian-mesh/1",
            Self::Stranger => b"delian-join/1",
        }
    }

    pub(crate) fn from_alpn(alpn: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.alpn() == alpn)
    }

    /// For a connection we dial: we send on it, the other side opens nothing.
    pub(crate) fn dialled(self, congestion: Congestion) -> Arc<TransportConfig> {
        let mut transport = base(congestion);
        transport.keep_alive_interval(Some(KEEP_ALIVE)).max_concurrent_bidi_streams(VarInt::from_u32(0));
        transport.receive_window(match self {
            Self::Control | Self::Mesh => CONNECTION_WINDOW,
            Self::Stranger => STRANGER_WINDOW,
        });
        Arc::new(transport)
    }

    /// After the handshake has shown class and identity of an inbound connection: what it may use from now on.
    pub(crate) fn widen(self, connection: &quinn::Connection) {
        let streams = match self {
            Self::Control => CONTROL_STREAMS,
            Self::Mesh => MESH_STREAMS,
            Self::Stranger => return,
        };
        connection.set_receive_window(CONNECTION_WINDOW);
        connection.set_max_concurrent_bi_streams(streams);
        if self == Self::Control {
            connection.set_max_concurrent_uni_streams(CONTROL_UNI_STREAMS);
        }
    }
}

/// For an inbound connection, whose class shows only during the handshake: as narrow as a stranger's.
pub(crate) fn accepted(congestion: Congestion) -> Arc<TransportConfig> {
    let mut transport = base(congestion);
    transport.max_concurrent_bidi_streams(VarInt::from_u32(1)).receive_window(STRANGER_WINDOW);
    Arc::new(transport)
}

fn base(congestion: Congestion) -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_idle_timeout(Some(IdleTimeout::from(IDLE)))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(STREAM_WINDOW)
        .send_window(u64::from(CONNECTION_WINDOW))
        .datagram_receive_buffer_size(Some(DATAGRAM_RECEIVE_BYTES))
        .datagram_send_buffer_size(DATAGRAM_SEND_BYTES)
        .initial_mtu(MTU)
        .min_mtu(MTU);
    match congestion {
        Congestion::Cubic => transport.congestion_controller_factory(Arc::new(congestion::CubicConfig::default())),
        Congestion::Bbr => transport.congestion_controller_factory(Arc::new(congestion::BbrConfig::default())),
    };
    transport
}
