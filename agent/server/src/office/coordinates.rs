//! Where the servers of each datacenter are, seen from the others.

use super::Office;
use api::coordinate::{Coordinate, DatacenterMap, DatacenterPlaces, Located};
use node::{Kind, Tags};

/// What Consul calls the pool between datacenters.
const WAN: &str = "wan";

impl Office {
    /// The local datacenter first. Servers are where the gateway of their datacenter is: all paths between datacenters lead through
    /// gateways.
    pub(super) fn coordinates(&self) -> DatacenterMap {
        let pool = self.lan.members().borrow().clone();
        let own = pool.iter().filter(|member| Tags::of(member).kind == Kind::Server).map(|member| member.name.clone());
        let here = std::iter::once(self.places(&self.settings.agent.datacenter, own.collect()));
        let others = self.federation.datacenters().into_iter().map(|dc| {
            let servers = dc.servers.into_iter().map(|server| server.name);
            self.places(&dc.dc, servers.collect())
        });
        let mut others: Vec<DatacenterPlaces> = others.collect();
        others.sort_by(|a, b| a.datacenter.cmp(&b.datacenter));
        DatacenterMap { datacenters: here.chain(others).collect() }
    }

    fn places(&self, dc: &str, servers: Vec<String>) -> DatacenterPlaces {
        let coord = self.federation.coordinate_of(dc).unwrap_or_else(Coordinate::origin);
        let located = |node| Located { node, segment: String::new(), coord: coord.clone() };
        DatacenterPlaces { datacenter: dc.to_owned(), area: WAN.to_owned(), coordinates: servers.into_iter().map(located).collect() }
    }
}
