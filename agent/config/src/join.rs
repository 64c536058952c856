//! Whom to join and when to leave.

use std::time::Duration;

use crate::address;
use crate::reader::{Context, Findings, Reader};

/// Joining and leaving the gossip pools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Members of the datacenter to join, again and again until it works.
    pub retry_join: RetryJoin,
    /// The same for servers of other datacenters.
    pub retry_join_wan: RetryJoin,
    /// Members to join once at start.
    pub start_join: Vec<String>,
    /// The same for servers of other datacenters.
    pub start_join_wan: Vec<String>,
    /// Gateways of the primary datacenter, `host:port`; servers only.
    pub primary_gateways: Vec<String>,
    /// Pause between attempts to reach a primary gateway.
    pub primary_gateways_interval: Duration,
    /// Whether to join again after having left.
    pub rejoin_after_leave: bool,
    /// Whether SIGTERM leaves the datacenter; by default clients do.
    pub leave_on_terminate: bool,
    /// Whether SIGINT stops without leaving; by default servers do.
    pub skip_leave_on_interrupt: bool,
    /// How long a failed member of the datacenter is remembered.
    pub reconnect_timeout: Duration,
    /// How long a failed server of another datacenter is remembered.
    pub reconnect_timeout_wan: Duration,
}

/// Addresses to join until it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryJoin {
    /// `host`, `host:port` or `provider=...` (not looked up yet).
    pub addrs: Vec<String>,
    /// Pause between attempts.
    pub interval: Duration,
    /// Attempts before giving up; none to go on for ever.
    pub max: Option<u32>,
}

pub(crate) fn resolve(context: &Context<'_>) -> (Join, Findings) {
    let mut read = Reader::new(context);
    let server = read.is("server");
    let three_days = Duration::from_secs(72 * 3600);
    let primary_gateways = read.strings("primary_gateways");
    if !server && !primary_gateways.is_empty() {
        let message = "'primary_gateways' requires 'server = true'";
        read.wrong("primary_gateways", message);
    }
    let lan = ["retry_join", "retry_interval", "retry_max"];
    let wan = ["retry_join_wan", "retry_interval_wan", "retry_max_wan"];
    let join = Join {
        retry_join: retry_join(&mut read, context, lan),
        retry_join_wan: retry_join(&mut read, context, wan),
        start_join: read.strings("start_join"),
        start_join_wan: read.strings("start_join_wan"),
        primary_gateways,
        primary_gateways_interval: read.interval("primary_gateways_interval", Duration::from_secs(30)),
        rejoin_after_leave: read.is("rejoin_after_leave"),
        leave_on_terminate: read.truth("leave_on_terminate").unwrap_or(!server),
        skip_leave_on_interrupt: read.truth("skip_leave_on_interrupt").unwrap_or(server),
        reconnect_timeout: read.interval("reconnect_timeout", three_days),
        reconnect_timeout_wan: read.interval("reconnect_timeout_wan", three_days),
    };
    (join, read.finish())
}

/// `keys` are those of addresses, interval and maximum. Templates stand for as many addresses as
/// they give.
fn retry_join(read: &mut Reader<'_>, context: &Context<'_>, keys: [&str; 3]) -> RetryJoin {
    let [key, interval, max] = keys;
    let mut addrs = Vec::new();
    for text in read.texts(key) {
        if text.value.contains("provider=") {
            let message = format!("{key}: cloud auto-join is accepted and has no effect yet");
            read.warn(message);
            addrs.push(text.value.clone());
            continue;
        }
        match address::expand(&text.value, context.host) {
            Ok(expanded) => addrs.extend(expanded.split_whitespace().map(str::to_owned)),
            Err(reason) => {
                let message = format!("{key}: {reason}");
                read.wrong_at(Some(text.origin.clone()), key, message);
            }
        }
    }
    RetryJoin {
        addrs,
        interval: read.interval(interval, Duration::from_secs(30)),
        max: Some(read.count(max, 0)).filter(|attempts| *attempts > 0),
    }
}
