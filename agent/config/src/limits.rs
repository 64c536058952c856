//! How much a client may ask for.

use std::time::Duration;

use crate::reader::{Context, Findings, Reader};

/// The `limits` stanza.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// HTTP connections per client address; 0 for any number.
    pub http_max_conns_per_client: u32,
    /// Longest TLS handshake of an HTTPS connection; zero for any.
    pub https_handshake_timeout: Duration,
    /// Longest handshake of an RPC connection; zero for any.
    pub rpc_handshake_timeout: Duration,
    /// Longest wait of an RPC client for an answer.
    pub rpc_client_timeout: Duration,
    /// RPCs per second of this agent to servers; none for no limit.
    pub rpc_rate: Option<f64>,
    /// RPCs that may be sent at once when there is a rate.
    pub rpc_max_burst: u32,
    /// RPC connections per client address; 0 for any number.
    pub rpc_max_conns_per_client: u32,
    /// Longest value of a key in bytes.
    pub kv_max_value_size: u64,
    /// Longest body of a transaction in bytes.
    pub txn_max_req_len: u64,
    /// Limits of a server on all its requests together.
    pub request_limits: RequestLimits,
}

/// The `limits.request_limits` stanza.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestLimits {
    /// What happens to a request over the rate.
    pub mode: RequestLimitsMode,
    /// Reads per second; none for no limit.
    pub read_rate: Option<f64>,
    /// Writes per second; none for no limit.
    pub write_rate: Option<f64>,
}

/// What happens to a request over the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestLimitsMode {
    /// Nothing is counted.
    Disabled,
    /// It is counted and served.
    Permissive,
    /// It is refused.
    Enforcing,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Limits, Findings) {
    let mut read = Reader::new(context);
    let five_seconds = Duration::from_secs(5);
    let modes = [
        ("disabled", RequestLimitsMode::Disabled),
        ("permissive", RequestLimitsMode::Permissive),
        ("enforcing", RequestLimitsMode::Enforcing),
    ];
    let request_limits = RequestLimits {
        mode: read.choice("limits.request_limits.mode", &modes, modes[0].1),
        read_rate: rate(&read, "limits.request_limits.read_rate"),
        write_rate: rate(&read, "limits.request_limits.write_rate"),
    };
    let limits = Limits {
        http_max_conns_per_client: read.count("limits.http_max_conns_per_client", 200),
        https_handshake_timeout: read.duration("limits.https_handshake_timeout", five_seconds),
        rpc_handshake_timeout: read.duration("limits.rpc_handshake_timeout", five_seconds),
        rpc_client_timeout: read.interval("limits.rpc_client_timeout", Duration::from_secs(60)),
        rpc_rate: rate(&read, "limits.rpc_rate"),
        rpc_max_burst: read.count("limits.rpc_max_burst", 1000),
        rpc_max_conns_per_client: read.count("limits.rpc_max_conns_per_client", 100),
        kv_max_value_size: read.count("limits.kv_max_value_size", 512 * 1024),
        txn_max_req_len: read.count("limits.txn_max_req_len", 512 * 1024),
        request_limits,
    };
    (limits, read.finish())
}

/// Events per second; negative numbers mean no limit.
fn rate(read: &Reader<'_>, key: &str) -> Option<f64> {
    read.float(key).filter(|rate| *rate >= 0.0)
}
