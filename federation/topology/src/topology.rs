use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use crate::BadName;
use crate::CallFailure;
use crate::Config;
use crate::Datacenter;
use crate::Departure;
use crate::GatewayName;
use crate::GatewayRow;
use crate::PathSample;
use crate::datacenter::DatacenterState;
use crate::row::Row;

/// Longest version text kept of a server.
const MAX_VERSION_BYTES: usize = 64;

/// What is known of the federation. One owner feeds it; `handle_*` and commands take `now`, getters never change it.
///
/// `now` is the time since any fixed start and must not fall. Everything is kept in ordered maps: the same inputs give
/// the same answers.
#[derive(Debug, Clone)]
pub struct Topology {
    pub(crate) config: Config,
    pub(crate) datacenters: BTreeMap<Datacenter, DatacenterState>,
    pub(crate) forgotten: BTreeMap<Datacenter, Duration>,
}

/// A row that was not taken. Nothing changed. All can happen in normal life: rows come from other datacenters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// An operator forgot the datacenter.
    #[error("datacenter {0} was forgotten by an operator")]
    Forgotten(Datacenter),
    /// A limit of [`crate::Limits`] is reached.
    #[error("gateway {gateway} of datacenter {datacenter}: more than {limit} {what}")]
    Full {
        /// What there are too many of.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The gateway of the row.
        gateway: GatewayName,
        /// The datacenter of the row.
        datacenter: Datacenter,
    },
    /// A server's version text is longer than 64 bytes.
    #[error("gateway {gateway}: the version of server {server} is longer than 64 bytes")]
    VersionTooLong {
        /// The gateway of the row.
        gateway: GatewayName,
        /// The server.
        server: String,
    },
}

/// A datacenter that cannot be forgotten. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ForgetError {
    /// It is the one this process belongs to.
    #[error("datacenter {0} is the local one")]
    Local(Datacenter),
    /// There is no room for another tombstone.
    #[error("already {0} datacenters are forgotten")]
    Full(usize),
    /// The name is none.
    #[error(transparent)]
    Name(#[from] BadName),
}

impl Topology {
    /// Knows the local datacenter only.
    pub fn new(config: Config) -> Self {
        let local = (config.local.clone(), DatacenterState::new(&config));
        Self { config, datacenters: BTreeMap::from([local]), forgotten: BTreeMap::new() }
    }

    /// Takes a gateway's announcement: new, or in place of its earlier one. A departed gateway is back by this.
    ///
    /// # Errors
    /// [`Refused`] names what is wrong; nothing changed.
    pub fn handle_row(&mut self, now: Duration, row: GatewayRow) -> Result<(), Refused> {
        self.check(&row)?;
        let name = row.datacenter.clone();
        let state = self.datacenters.entry(name).or_insert_with(|| DatacenterState::new(&self.config));
        match state.rows.get_mut(&row.gateway) {
            Some(known) => known.renew(now, row),
            None => {
                make_room(state, self.config.limits.gateways_per_datacenter);
                state.rows.insert(row.gateway.clone(), Row::new(now, row, self.config.breaker));
            }
        }
        state.merge_servers();
        state.reconsider(now);
        Ok(())
    }

    /// A gateway's membership or stream died: its rows stop counting as live, and are kept with their age.
    pub fn handle_departure(&mut self, now: Duration, gateway: &GatewayName, departure: Departure) {
        for state in self.datacenters.values_mut() {
            let Some(row) = state.rows.get_mut(gateway) else {
                continue;
            };
            match row.departed {
                // A goodbye outweighs what others conclude later; the first of two conclusions has the right age.
                Some((Departure::Left, _)) => {}
                Some((_, at)) if departure != Departure::Left => row.departed = Some((departure, at)),
                _ => row.departed = Some((departure, now)),
            }
            state.merge_servers();
            state.reconsider(now);
        }
    }

    /// A call through `gateway` was answered after `rtt`, by whomever and with whatever result.
    pub fn handle_call_ok(&mut self, now: Duration, gateway: &GatewayName, datacenter: &str, rtt: Duration) {
        let Some(state) = self.datacenters.get_mut(datacenter) else {
            return;
        };
        let Some(row) = state.rows.get_mut(gateway) else {
            return;
        };
        row.handle_success(now, rtt);
        state.failed_calls = 0;
        state.reconsider(now);
    }

    /// A call through `gateway` failed. `seed` spreads the backoff of an opening breaker.
    pub fn handle_call_failed(&mut self, now: Duration, gateway: &GatewayName, datacenter: &str, failure: CallFailure, seed: u64) {
        let Some(state) = self.datacenters.get_mut(datacenter) else {
            return;
        };
        let Some(row) = state.rows.get_mut(gateway) else {
            return;
        };
        row.handle_failure(now, failure, seed);
        if failure.is_evidence() {
            state.handle_failed_call(now);
        }
        state.reconsider(now);
    }

    /// QUIC's counters of the connection to `addr`, which is up. Applies to every row with that address.
    pub fn handle_path_sample(&mut self, now: Duration, addr: SocketAddr, sample: PathSample) {
        self.with_rows_at(now, addr, |row| {
            let was_lost = row.path.is_lost();
            row.path.handle_sample(now, sample);
            if was_lost && !row.path.is_lost() {
                row.breaker.encourage(now);
            }
        });
    }

    /// The connection to `addr` died (idle timeout, reset) or could not be made.
    pub fn handle_path_lost(&mut self, now: Duration, addr: SocketAddr) {
        self.with_rows_at(now, addr, |row| row.path.handle_lost(now));
    }

    /// Drops rows that departed longer ago than configured, and datacenters without rows. Call every second or so.
    pub fn handle_tick(&mut self, now: Duration) {
        let keep = self.config.keep_departed;
        for state in self.datacenters.values_mut() {
            let before = state.rows.len();
            state.rows.retain(|_, row| row.departed.is_none_or(|(_, at)| now < at.saturating_add(keep)));
            if state.rows.len() != before {
                state.merge_servers();
            }
            state.reconsider(now);
        }
        self.datacenters.retain(|name, state| *name == self.config.local || !state.rows.is_empty());
    }

    /// Forgets a datacenter for good: its rows go, and are refused until [`Self::unforget`]. Known or not; idempotent.
    ///
    /// # Errors
    /// The local datacenter, a name that is none, or too many tombstones.
    pub fn forget(&mut self, now: Duration, datacenter: &str) -> Result<(), ForgetError> {
        let name = Datacenter::new(datacenter)?;
        if name == self.config.local {
            return Err(ForgetError::Local(name));
        }
        let full = self.forgotten.len() >= self.config.limits.datacenters;
        if full && !self.forgotten.contains_key(&name) {
            return Err(ForgetError::Full(self.forgotten.len()));
        }
        self.datacenters.remove(&name);
        self.forgotten.entry(name).or_insert(now);
        Ok(())
    }

    /// Lets a forgotten datacenter announce itself again. False if it was not forgotten.
    pub fn unforget(&mut self, datacenter: &str) -> bool {
        self.forgotten.remove(datacenter).is_some()
    }

    /// The forgotten datacenters and when each was, in order of name: for keeping across restarts.
    pub fn forgotten(&self) -> impl Iterator<Item = (&Datacenter, Duration)> {
        self.forgotten.iter().map(|(name, at)| (name, *at))
    }

    fn check(&self, row: &GatewayRow) -> Result<(), Refused> {
        if self.forgotten.contains_key(&row.datacenter) {
            return Err(Refused::Forgotten(row.datacenter.clone()));
        }
        let limits = self.config.limits;
        let full = |what, limit| Refused::Full { what, limit, gateway: row.gateway.clone(), datacenter: row.datacenter.clone() };
        if row.servers.len() > limits.servers_per_gateway {
            return Err(full("servers", limits.servers_per_gateway));
        }
        if let Some(server) = row.servers.iter().find(|server| server.version.len() > MAX_VERSION_BYTES) {
            let server = server.name.to_string();
            return Err(Refused::VersionTooLong { gateway: row.gateway.clone(), server });
        }
        let Some(state) = self.datacenters.get(&row.datacenter) else {
            let is_full = self.datacenters.len() >= limits.datacenters;
            return if is_full { Err(full("datacenters", limits.datacenters)) } else { Ok(()) };
        };
        let crowded = state.rows.len() >= limits.gateways_per_datacenter && !state.rows.contains_key(&row.gateway);
        if crowded && state.rows.values().all(|row| row.departed.is_none()) {
            return Err(full("gateways", limits.gateways_per_datacenter));
        }
        Ok(())
    }

    fn with_rows_at(&mut self, now: Duration, addr: SocketAddr, mut change: impl FnMut(&mut Row)) {
        for state in self.datacenters.values_mut() {
            let mut touched = false;
            for row in state.rows.values_mut().filter(|row| row.announced.addr == addr) {
                change(row);
                touched = true;
            }
            if touched {
                state.reconsider(now);
            }
        }
    }
}

/// Drops the longest departed row if there is no room for another; the caller has checked that there is one.
fn make_room(state: &mut DatacenterState, limit: usize) {
    if state.rows.len() < limit {
        return;
    }
    let departed = state.rows.iter().filter_map(|(name, row)| row.departed.map(|(_, at)| (at, name.clone())));
    if let Some((_, oldest)) = departed.min() {
        state.rows.remove(&oldest);
    }
}
