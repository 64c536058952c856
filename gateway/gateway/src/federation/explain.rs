//! Why there is no way, in the words of the API and of the command line.

use std::time::Duration;

use api::Attempt;
use serde::Serialize;
use topology::{Explanation, NoPath};

/// The JSON that `delian federation explain` prints.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Explained<'a> {
    datacenter: &'a str,
    known: bool,
    path: Option<[&'a str; 2]>,
    tried: Option<Vec<Tried<'a>>>,
    details: &'a Explanation,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tried<'a> {
    hop: &'a str,
    reason: &'a str,
    evidence_age: String,
}

/// As JSON, seen from `here`.
pub(crate) fn json(here: &str, explanation: &Explanation) -> String {
    let ruled_out = why_not(explanation);
    let tried: Vec<Tried<'_>> =
        ruled_out.iter().map(|attempt| Tried { hop: &attempt.hop, reason: &attempt.reason, evidence_age: age(attempt.age_ms) }).collect();
    let explained = Explained {
        datacenter: &explanation.datacenter,
        known: !matches!(explanation.phase, "unknown"),
        path: explanation.reachable.then_some([here, &explanation.datacenter]),
        tried: (!tried.is_empty()).then_some(tried),
        details: explanation,
    };
    serde_json::to_string(&explained).unwrap_or_default()
}

/// What rules out a datacenter that cannot be reached; empty for one that can.
pub(crate) fn why_not(explanation: &Explanation) -> Vec<Attempt> {
    let Some(text) = explanation.why_not.as_ref().filter(|_| !explanation.reachable) else {
        return Vec::new();
    };
    let by_gateway: Vec<Attempt> = explanation
        .gateways
        .iter()
        .filter_map(|gateway| {
            let ages = [gateway.departed_age_ms, gateway.last_failure_age_ms, gateway.path_lost_age_ms];
            let age_ms = ages.into_iter().flatten().min().unwrap_or(gateway.seen_age_ms);
            let departed = || gateway.departed.clone().or_else(|| gateway.path_lost_age_ms.map(|_| "its path is lost".to_owned()));
            let reason = gateway.why_not.clone().or_else(departed)?;
            Some(Attempt { hop: gateway.name.clone(), reason, age_ms })
        })
        .collect();
    let whole = Attempt { hop: explanation.datacenter.clone(), reason: text.clone(), age_ms: explanation.phase_age_ms.unwrap_or(0) };
    std::iter::once(whole).chain(by_gateway).collect()
}

/// A refusal to route, as attempts: the datacenter itself, then each gateway considered.
pub(crate) fn ruled_out(no_path: &NoPath) -> Vec<Attempt> {
    let gateways = no_path.tried.iter().map(|tried| Attempt {
        hop: tried.hop.to_string(),
        reason: tried.reason.to_string(),
        age_ms: milliseconds(tried.evidence_age),
    });
    let whole = Attempt { hop: no_path.datacenter.clone(), reason: no_path.cause.to_string(), age_ms: 0 };
    if no_path.tried.is_empty() { vec![whole] } else { gateways.collect() }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// As Go prints a duration, to a tenth of a second.
fn age(ms: u64) -> String {
    format!("{}.{}s", ms / 1000, ms % 1000 / 100)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use topology::{Config, Datacenter, Departure, GatewayName, GatewayRow, Topology};

    #[test]
    fn the_command_line_can_read_it() {
        let mut topology = Topology::new(Config::new(Datacenter::new("dc1").unwrap()));
        let gateway = GatewayName::new("gw.dc2").unwrap();
        let row = GatewayRow {
            gateway: gateway.clone(),
            datacenter: Datacenter::new("dc2").unwrap(),
            addr: ([127, 0, 0, 1], 1).into(),
            rtt: None,
            withdrawn: false,
            servers: Vec::new(),
        };
        topology.handle_row(Duration::ZERO, row).unwrap();
        let read = |topology: &Topology, dc: &str| -> serde_json::Value {
            serde_json::from_str(&json("dc1", &topology.explain(Duration::from_millis(1540), dc))).unwrap()
        };
        let good = read(&topology, "dc2");
        assert_eq!((&good["Known"], &good["Path"], &good["Tried"]), (&true.into(), &serde_json::json!(["dc1", "dc2"]), &().into()));
        topology.handle_departure(Duration::ZERO, &gateway, Departure::Left);
        let bad = read(&topology, "dc2");
        assert_eq!(bad["Path"], serde_json::Value::Null);
        assert_eq!(bad["Tried"][1], serde_json::json!({"Hop": "gw.dc2", "Reason": "left", "EvidenceAge": "1.5s"}));
        assert_eq!(read(&topology, "dc9")["Known"], false);
    }
}
