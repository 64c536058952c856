//! Every bound of this crate: sizes that both ends must agree on are constants, the rest is per process.

use std::time::Duration;

/// Longest head of a call or answer, bytes.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Longest body of a call or answer, and longest raft or topology message, bytes.
pub const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// A body longer than this travels in pieces of this size, bytes.
///
/// It bounds how long a small frame waits behind big ones: in one gRPC message at most one piece follows the small
/// frames, so a small frame finds at most one piece ahead of it in our queue, [`SEND_BUFFER_BYTES`] in HTTP/2 and
/// [`UNSENT_BYTES`] in the kernel: 256 KiB in all, about 2 ms at 1 Gbit/s, however many big bodies are under way.
pub const PIECE_BYTES: usize = 64 * 1024;

/// Small frames put into one gRPC message before it is closed, bytes.
pub(crate) const BATCH_BYTES: usize = 64 * 1024;

/// Longest gRPC message on `Calls`: a batch, the small frame that overfilled it, and a piece with its head.
pub(crate) const MAX_FRAMES_BYTES: usize = 512 * 1024;

/// Bodies that one end of a session puts together at the same time, bytes as announced.
pub(crate) const MAX_ASSEMBLING_BYTES: usize = 4 * MAX_BODY_BYTES;

/// Calls waiting to leave a client, bytes.
pub(crate) const MAX_QUEUED_BYTES: usize = 4 * MAX_BODY_BYTES;

/// Snapshot pieces are cut to this size, bytes.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;

/// Longest header list of a request or response, bytes.
pub(crate) const MAX_HEADER_LIST_BYTES: u32 = 16 * 1024;

/// Flow-control window of a stream: what a 10 Gbit/s path of 3 ms keeps in flight.
pub(crate) const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// Flow-control window of a connection.
pub(crate) const CONNECTION_WINDOW_BYTES: u32 = 8 * 1024 * 1024;

/// HTTP/2 frames are at most this long, bytes.
pub(crate) const HTTP2_FRAME_BYTES: u32 = 64 * 1024;

/// What HTTP/2 buffers per stream towards the socket, bytes.
pub(crate) const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// What the kernel takes beyond what it has sent (`TCP_NOTSENT_LOWAT`), bytes.
pub(crate) const UNSENT_BYTES: u32 = 128 * 1024;

/// A ping is sent after this long without a frame from the peer …
pub(crate) const PING_EVERY: Duration = Duration::from_secs(2);

/// … and the connection given up when it is not answered within this: a dead peer is noticed within 4 s.
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// What one serving process allows.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Connections at once; the next one waits in the kernel's backlog.
    pub connections: usize,
    /// Connections at once from one IP address; the next one is closed.
    pub connections_per_address: usize,
    /// From accept to the first request, TLS included.
    pub handshake: Duration,
    /// HTTP/2 streams at once on a connection (raft requests and watches; all calls share one).
    pub streams_per_connection: u32,
    /// Calls being processed or answered at once for one session; the next one is refused.
    pub calls_per_session: u32,
    /// Calls being processed or answered at once in this process; the next one is refused.
    pub calls: usize,
    /// From the stop signal until what is still under way is cut off.
    pub drain: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 128,
            handshake: Duration::from_secs(5),
            streams_per_connection: 256,
            // A client agent keeps all of its blocking reads on one session: ten thousand, and room for everything else.
            calls_per_session: 16_384,
            calls: 65_536,
            drain: Duration::from_secs(5),
        }
    }
}

/// What one client allows itself.
#[derive(Clone, Copy, Debug)]
pub struct ClientLimits {
    /// Calls waiting for an answer at once; the next one is `NotSent(Busy)`.
    pub in_flight: usize,
    /// TCP connect, TLS and HTTP/2 handshakes together.
    pub connect: Duration,
    /// Pause after the first failed connect; doubles with each further one, and is shortened by up to a half at random.
    pub backoff: Duration,
    /// Longest pause between connects.
    pub max_backoff: Duration,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self { in_flight: 16_384, connect: Duration::from_secs(5), backoff: Duration::from_millis(50), max_backoff: Duration::from_secs(3) }
    }
}
