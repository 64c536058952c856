use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use crate::Phase;
use crate::Server;
use crate::Topology;
use crate::breaker::Admission;
use crate::route::reason_against;
use crate::row::Row;

/// All that is known of one datacenter, as data. Ages and times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Explanation {
    /// As asked for.
    pub datacenter: String,
    /// Whether it is this process's own.
    pub local: bool,
    /// Whether a call would find a hop now.
    pub reachable: bool,
    /// Why not, if not: the text of the error a call would get.
    pub why_not: Option<String>,
    /// `up`, `doubted`, `withdrawn`, `returning`, `forgotten` or `unknown`.
    pub phase: &'static str,
    /// How long it has been in that phase, where that is known.
    pub phase_age_ms: Option<u64>,
    /// Median round-trip time of its gateways.
    pub rtt_ms: Option<f64>,
    /// Which kinds of evidence speak against it now: `paths`, `gossip`, `calls`.
    pub evidence: Vec<&'static str>,
    /// Consecutive failed calls over all gateways.
    pub failed_calls: u32,
    /// Its gateways, by name.
    pub gateways: Vec<GatewayExplanation>,
    /// Its servers, by name.
    pub servers: Vec<ServerExplanation>,
}

/// What is known of one gateway of a datacenter.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GatewayExplanation {
    /// Its name.
    pub name: String,
    /// Where it takes calls.
    pub addr: SocketAddr,
    /// Time since it last announced itself.
    pub seen_age_ms: u64,
    /// `left`, `failed` or `stream ended`, if it departed.
    pub departed: Option<String>,
    /// Time since it departed.
    pub departed_age_ms: Option<u64>,
    /// Round-trip time used for its cost.
    pub rtt_ms: Option<f64>,
    /// Share of packets lost lately, 0 to 1.
    pub loss: Option<f64>,
    /// Time since the path was reported lost.
    pub path_lost_age_ms: Option<u64>,
    /// Whether calls are let through.
    pub breaker: BreakerState,
    /// The last failed call.
    pub last_failure: Option<String>,
    /// Time since it.
    pub last_failure_age_ms: Option<u64>,
    /// Time since the last answered call.
    pub last_success_age_ms: Option<u64>,
    /// Why it would not be taken now.
    pub why_not: Option<String>,
}

/// What is known of one server.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServerExplanation {
    /// Its name.
    pub name: String,
    /// Where it takes RPC.
    pub addr: SocketAddr,
    /// Whether it is asked.
    pub healthy: bool,
    /// Its version.
    pub version: String,
}

/// A breaker, as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub enum BreakerState {
    /// All calls pass.
    Closed,
    /// The next call finds out.
    ProbeDue,
    /// None passes, or one is finding out.
    Open,
}

impl Topology {
    /// Everything known about `datacenter`, known or not. Changes nothing.
    pub fn explain(&self, now: Duration, datacenter: &str) -> Explanation {
        let state = self.datacenters.get(datacenter);
        let (phase, since) = self.named_phase(now, datacenter);
        let why_not = self.pick(now, datacenter, 0, &[]).err();
        let evidence = state.map(|state| state.evidence(now));
        let kinds = evidence.map(|e| [(e.paths_lost, "paths"), (e.departed, "gossip"), (e.calls_failed, "calls")]);
        Explanation {
            datacenter: datacenter.to_owned(),
            local: self.config.local.as_str() == datacenter,
            reachable: why_not.is_none(),
            why_not: why_not.map(|why| why.to_string()),
            phase,
            phase_age_ms: since.map(|since| age_ms(now, since)),
            rtt_ms: state.and_then(|state| state.median_rtt()).map(milliseconds),
            evidence: kinds.into_iter().flatten().filter(|(holds, _)| *holds).map(|(_, kind)| kind).collect(),
            failed_calls: state.map_or(0, |state| state.failed_calls),
            gateways: state.map_or_else(Vec::new, |state| state.rows.values().map(|row| gateway(now, row)).collect()),
            servers: self.servers(datacenter).iter().map(server).collect(),
        }
    }

    fn named_phase(&self, now: Duration, datacenter: &str) -> (&'static str, Option<Duration>) {
        if let Some(at) = self.forgotten.get(datacenter) {
            return ("forgotten", Some(*at));
        }
        match self.phase(now, datacenter) {
            None => ("unknown", None),
            Some(Phase::Up) => ("up", None),
            Some(Phase::Doubted { since }) => ("doubted", Some(since)),
            Some(Phase::Withdrawn { since }) => ("withdrawn", Some(since)),
            Some(Phase::Returning { since, .. }) => ("returning", Some(since)),
        }
    }
}

fn gateway(now: Duration, row: &Row) -> GatewayExplanation {
    GatewayExplanation {
        name: row.announced.gateway.to_string(),
        addr: row.announced.addr,
        seen_age_ms: age_ms(now, row.seen),
        departed: row.departed.map(|(how, _)| how.to_string()),
        departed_age_ms: row.departed.map(|(_, at)| age_ms(now, at)),
        rtt_ms: row.rtt().map(milliseconds),
        loss: row.path.loss,
        path_lost_age_ms: row.path.lost_since.map(|at| age_ms(now, at)),
        breaker: match row.breaker.admission(now) {
            Admission::Closed => BreakerState::Closed,
            Admission::Probe => BreakerState::ProbeDue,
            Admission::Refused { .. } => BreakerState::Open,
        },
        last_failure: row.last_failure.map(|(what, _)| what.to_string()),
        last_failure_age_ms: row.last_failure.map(|(_, at)| age_ms(now, at)),
        last_success_age_ms: row.last_success.map(|at| age_ms(now, at)),
        why_not: reason_against(now, row).map(|(reason, _)| reason.to_string()),
    }
}

fn server(server: &Server) -> ServerExplanation {
    ServerExplanation { name: server.name.to_string(), addr: server.addr, healthy: server.healthy, version: server.version.clone() }
}

fn age_ms(now: Duration, at: Duration) -> u64 {
    u64::try_from(now.saturating_sub(at).as_millis()).unwrap_or(u64::MAX)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
