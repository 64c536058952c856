use std::net::SocketAddr;
use std::time::Duration;

use seed::mixed;

use crate::Cause;
use crate::GatewayName;
use crate::NoPath;
use crate::Phase;
use crate::Reason;
use crate::Server;
use crate::Topology;
use crate::Tried;
use crate::breaker::Admission;
use crate::datacenter::DatacenterState;
use crate::row::Row;

/// Cost assumed for a path nobody has measured: tried after near ones, before far ones.
const UNMEASURED: Duration = Duration::from_millis(100);

/// A gateway to hand a call to. Report the outcome, above all that of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The gateway.
    pub gateway: GatewayName,
    /// Where it takes calls.
    pub addr: SocketAddr,
    /// This call finds out whether a path that failed works again. No other is sent there until its outcome.
    pub probe: bool,
}

/// The better rank first: a probe that is due goes before all (one call per backoff), what is doubtful last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Probe,
    Good,
    PathLost,
    Departed,
}

impl Topology {
    /// The gateway to hand a call for `datacenter` to, none of `exclude` (those this call has tried).
    ///
    /// Among gateways of nearly the cheapest path `seed` decides, so that load spreads. A departed or lost gateway is
    /// taken only if there is no better and its breaker is closed. Changes breakers: a probe is handed out once.
    ///
    /// # Errors
    /// [`NoPath`] names every gateway considered, the reason against it and the age of the evidence.
    pub fn next_hop(&mut self, now: Duration, datacenter: &str, seed: u64, exclude: &[GatewayName]) -> Result<Hop, NoPath> {
        let hop = self.pick(now, datacenter, seed, exclude)?;
        let state = self.datacenters.get_mut(datacenter);
        if hop.probe
            && let Some(row) = state.and_then(|state| state.rows.get_mut(&hop.gateway))
        {
            row.breaker.start_probe(now);
        }
        Ok(hop)
    }

    /// What [`Self::next_hop`] would answer, without handing out a probe.
    ///
    /// # Errors
    /// As [`Self::next_hop`].
    pub(crate) fn pick(&self, now: Duration, datacenter: &str, seed: u64, exclude: &[GatewayName]) -> Result<Hop, NoPath> {
        let no_path = |cause, tried| NoPath { datacenter: datacenter.to_owned(), cause, tried };
        if let Some(cause) = self.cause_against(now, datacenter) {
            return Err(no_path(cause, Vec::new()));
        }
        let Some(state) = self.datacenters.get(datacenter) else {
            return Err(no_path(Cause::Unknown, Vec::new()));
        };
        let mut tried = Vec::new();
        let mut candidates = Vec::with_capacity(state.rows.len());
        for (name, row) in &state.rows {
            match consider(now, row, exclude.contains(name)) {
                Ok(rank) => candidates.push((rank, cost(row), name, row)),
                Err((reason, evidence_age)) => tried.push(Tried { hop: name.clone(), reason, evidence_age }),
            }
        }
        let (gateway, row) = choose(&candidates, seed).ok_or_else(|| no_path(Cause::NoGateway, tried))?;
        let probe = row.breaker.admission(now) == Admission::Probe;
        Ok(Hop { gateway: gateway.clone(), addr: row.announced.addr, probe })
    }

    /// Whether a call for `datacenter` would find a hop now. Changes nothing.
    pub fn is_reachable(&self, now: Duration, datacenter: &str) -> bool {
        let rows = self.datacenters.get(datacenter).map(|state| &state.rows);
        self.cause_against(now, datacenter).is_none() && rows.is_some_and(|rows| rows.values().any(|row| consider(now, row, false).is_ok()))
    }

    /// All servers known of `datacenter`, by name, healthy or not; empty if unknown.
    pub fn servers(&self, datacenter: &str) -> &[Server] {
        self.datacenters.get(datacenter).map_or(&[], |state| &state.servers)
    }

    pub(crate) fn cause_against(&self, now: Duration, datacenter: &str) -> Option<Cause> {
        if let Some(at) = self.forgotten.get(datacenter) {
            return Some(Cause::Forgotten { age: now.saturating_sub(*at) });
        }
        match self.phase(now, datacenter)? {
            Phase::Withdrawn { since } => Some(Cause::Withdrawn { age: now.saturating_sub(since) }),
            Phase::Returning { until, .. } => Some(Cause::Returning { left: until.saturating_sub(now) }),
            Phase::Up | Phase::Doubted { .. } => None,
        }
    }

    /// Where a datacenter stands; `None` if it is not known. The local one is always up.
    pub fn phase(&self, now: Duration, datacenter: &str) -> Option<Phase> {
        let state: &DatacenterState = self.datacenters.get(datacenter)?;
        let is_local = self.config.local.as_str() == datacenter;
        Some(if is_local { Phase::Up } else { state.phase(now) })
    }
}

/// Ranks a row as next hop, or says what speaks against it and how old that is.
pub(crate) fn reason_against(now: Duration, row: &Row) -> Option<(Reason, Duration)> {
    consider(now, row, false).err()
}

fn consider(now: Duration, row: &Row, excluded: bool) -> Result<Rank, (Reason, Duration)> {
    let since = |at: Duration| now.saturating_sub(at);
    if excluded {
        return Err((Reason::Excluded, row.last_failure.map_or(Duration::ZERO, |(_, at)| since(at))));
    }
    if row.has_left() {
        return Err((Reason::Left, row.departed.map_or(Duration::ZERO, |(_, at)| since(at))));
    }
    if row.announced.withdrawn {
        return Err((Reason::WithdrawnByGateway, since(row.seen)));
    }
    match row.breaker.admission(now) {
        Admission::Refused { until } => {
            let reason = Reason::BreakerOpen { last: row.last_failure.map(|(what, _)| what), left: until - now };
            Err((reason, row.last_failure.map_or(Duration::ZERO, |(_, at)| since(at))))
        }
        _ if row.departed.is_some() => Ok(Rank::Departed),
        _ if row.path.is_lost() => Ok(Rank::PathLost),
        Admission::Probe => Ok(Rank::Probe),
        Admission::Closed => Ok(Rank::Good),
    }
}

/// Round-trip time, stretched by loss: at 10 % loss a path counts double, as a lost packet costs a call about a round
/// trip more and several packets make a call.
fn cost(row: &Row) -> Duration {
    let stretch = 1.0 + 10.0 * row.path.loss.unwrap_or(0.0);
    row.rtt().unwrap_or(UNMEASURED).mul_f64(stretch)
}

fn choose<'a>(candidates: &[(Rank, Duration, &'a GatewayName, &'a Row)], seed: u64) -> Option<(&'a GatewayName, &'a Row)> {
    let (best, cheapest) = candidates.iter().map(|(rank, cost, ..)| (*rank, *cost)).min()?;
    // Within a quarter and a millisecond is noise of the measurement, not a better path.
    let most = cheapest.mul_f64(1.25).saturating_add(Duration::from_millis(1));
    let near = candidates.iter().filter(|(rank, cost, ..)| *rank == best && *cost <= most);
    let place = mixed(seed).checked_rem(near.clone().count() as u64)?;
    near.clone().nth(place as usize).map(|(_, _, name, row)| (*name, *row))
}
