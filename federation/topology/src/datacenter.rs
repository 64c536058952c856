use std::collections::BTreeMap;
use std::time::Duration;

use crate::Config;
use crate::GatewayName;
use crate::Phase;
use crate::Server;
use crate::row::Row;
use crate::withdrawal::Evidence;
use crate::withdrawal::Withdrawal;

/// Failed calls older than this are no evidence: nobody may have called since, and the path may have healed.
const CALLS_FRESH: Duration = Duration::from_secs(30);

/// One datacenter: the rows that name it, merged.
#[derive(Debug, Clone)]
pub(crate) struct DatacenterState {
    pub(crate) rows: BTreeMap<GatewayName, Row>,
    /// The union of the rows' servers by name, in that order: the newest row wins, a departed one never over a live one.
    pub(crate) servers: Vec<Server>,
    pub(crate) failed_calls: u32,
    last_failed_call: Duration,
    withdrawal: Withdrawal,
    calls_condemn: u32,
}

impl DatacenterState {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            rows: BTreeMap::new(),
            servers: Vec::new(),
            failed_calls: 0,
            last_failed_call: Duration::ZERO,
            withdrawal: Withdrawal::new(config.withdrawal),
            calls_condemn: config.withdrawal.failed_calls,
        }
    }

    pub(crate) fn phase(&self, now: Duration) -> Phase {
        self.verdict_of_gateways().unwrap_or_else(|| self.withdrawal.phase(now))
    }

    /// What speaks against it, for the explanation.
    pub(crate) fn evidence(&self, now: Duration) -> Evidence {
        let mut expected = self.rows.values().filter(|row| !row.has_left()).peekable();
        let any = expected.peek().is_some();
        let (lost, departed) =
            expected.fold((any, any), |(lost, departed), row| (lost && row.path.is_lost(), departed && row.departed.is_some()));
        let fresh = now < self.last_failed_call.saturating_add(CALLS_FRESH);
        Evidence { paths_lost: lost, departed, calls_failed: self.failed_calls >= self.calls_condemn && fresh }
    }

    /// Counts a call that failed in a way that speaks against the path.
    pub(crate) fn handle_failed_call(&mut self, now: Duration) {
        self.failed_calls = self.failed_calls.saturating_add(1);
        self.last_failed_call = now;
    }

    /// Call after every change of rows, paths or outcomes.
    pub(crate) fn reconsider(&mut self, now: Duration) {
        if self.withdrawal.observe(now, self.evidence(now)) {
            self.failed_calls = 0;
            self.rows.values_mut().for_each(|row| row.breaker.encourage(now));
        }
    }

    /// Call after every change of announcements or departures.
    pub(crate) fn merge_servers(&mut self) {
        let mut merged: BTreeMap<&str, (bool, Duration, &Server)> = BTreeMap::new();
        for row in self.rows.values() {
            let rank = (row.departed.is_none(), row.seen);
            for server in &row.announced.servers {
                let best = merged.entry(server.name.as_str()).or_insert((rank.0, rank.1, server));
                if rank > (best.0, best.1) {
                    *best = (rank.0, rank.1, server);
                }
            }
        }
        self.servers = merged.into_values().map(|(_, _, server)| server.clone()).collect();
    }

    /// When it was last known alive by anyone; `None` while a live row exists.
    pub(crate) fn dead_since(&self) -> Option<Duration> {
        let mut last = None;
        for row in self.rows.values() {
            let (_, at) = row.departed?;
            last = last.max(Some(at));
        }
        last
    }

    /// The median of the measured round-trip times; the lower of two middles.
    pub(crate) fn median_rtt(&self) -> Option<Duration> {
        let mut measured: Vec<Duration> = self.rows.values().filter_map(Row::rtt).collect();
        measured.sort_unstable();
        measured.get(measured.len().saturating_sub(1) / 2).copied()
    }

    /// A server sees a datacenter through its gateways: if all that are alive have withdrawn it, it is withdrawn here.
    fn verdict_of_gateways(&self) -> Option<Phase> {
        let mut since = None;
        for row in self.rows.values().filter(|row| row.departed.is_none()) {
            if !row.announced.withdrawn {
                return None;
            }
            since = since.max(Some(row.seen));
        }
        since.map(|since| Phase::Withdrawn { since })
    }
}
