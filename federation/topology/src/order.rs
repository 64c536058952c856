use std::time::Duration;

use crate::Datacenter;
use crate::Phase;
use crate::Topology;

/// One entry of the list of datacenters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatacenterInfo {
    /// Its name.
    pub name: Datacenter,
    /// The one this process belongs to.
    pub is_local: bool,
    /// Median of the round-trip times measured to its gateways.
    pub rtt: Option<Duration>,
    /// Where it stands.
    pub phase: Phase,
    /// Time since the last of its gateways departed; `None` while one is alive.
    pub dead_for: Option<Duration>,
}

impl Topology {
    /// All datacenters known and not forgotten: the local first, then by round-trip time, then by name.
    ///
    /// A dead one stays listed with its age and its last measured time, so that the list does not flap. Times are
    /// compared in whole milliseconds, and what was never measured comes last.
    pub fn datacenters(&self, now: Duration) -> Vec<DatacenterInfo> {
        let mut all: Vec<DatacenterInfo> = self.datacenters.keys().map(|name| self.info(now, name)).collect();
        all.sort_by_cached_key(|info| {
            let rtt = info.rtt.map_or(u128::MAX, |rtt| rtt.as_millis());
            (!info.is_local, rtt, info.name.clone())
        });
        all
    }

    /// Remote datacenters a query fails over to: the `nearest` of those that are [`Self::is_reachable`], nearest first, then of the
    /// `named` those that are, in the order given. None comes twice; what is unknown, forgotten or withdrawn does not come at all, and
    /// what something speaks against comes last: it may be about to be withdrawn, and who asks it would wait in vain.
    pub fn failover_order<'n>(&self, now: Duration, nearest: usize, named: impl IntoIterator<Item = &'n str>) -> Vec<Datacenter> {
        let reachable = |info: &DatacenterInfo| !info.is_local && self.is_reachable(now, info.name.as_str());
        let by_distance = self.datacenters(now).into_iter().filter(reachable).map(|info| info.name);
        let mut order: Vec<Datacenter> = by_distance.take(nearest).collect();
        for name in named {
            if let Some((known, _)) = self.datacenters.get_key_value(name)
                && *known != self.config.local
                && !order.contains(known)
                && self.is_reachable(now, name)
            {
                order.push(known.clone());
            }
        }
        order.sort_by_key(|name| self.datacenters.get(name).is_some_and(|state| !state.evidence(now).acquits()));
        order
    }

    fn info(&self, now: Duration, name: &Datacenter) -> DatacenterInfo {
        let state = self.datacenters.get(name);
        DatacenterInfo {
            name: name.clone(),
            is_local: *name == self.config.local,
            rtt: state.and_then(|state| state.median_rtt()),
            phase: self.phase(now, name.as_str()).unwrap_or(Phase::Up),
            dead_for: state.and_then(|state| state.dead_since()).map(|at| now.saturating_sub(at)),
        }
    }
}
