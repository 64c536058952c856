//! Virtual IPs: one for each service that something leads to over the mesh, for as long as it has an instance or something leads to it.
//!
//! The lowest free address of the pool is given when the first proxy or native instance is registered; the instances by which the service
//! is reached show it as a tagged address. Nothing of this happens before all servers know of it, since all have to give the same: the
//! leader says when, by a write.

mod pool;

use super::{Catalog, Name, Place, name};
use crate::{Apply, Change, Evaluate, Needs, State, Topic, View};
use api::catalog::{
    AssignVirtualIps, AssignedVirtualIps, Done, MANUAL_LIMIT, ServiceAddress, ServiceRow, StartVirtualIps, VIRTUAL, VirtualAddress,
    VirtualIp,
};
use api::{Access, Error, Resource};
use imbl::OrdMap;
use pool::Pool;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Consul's: 240.0.0.0/4, a block that nobody routes, without its first address and its last, which is everybody's.
const ADDRESSES: RangeInclusive<u32> = Ipv4Addr::new(240, 0, 0, 1).to_bits()..=Ipv4Addr::new(255, 255, 255, 254).to_bits();

/// Who has which address.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VirtualIps {
    /// Whether they are given.
    started: bool,
    services: OrdMap<Name, Arc<Given>>,
    /// Addresses given by hand, and who has each.
    manual: OrdMap<u32, Name>,
    pool: Pool,
}

/// What a service has.
#[derive(Clone, Debug, PartialEq)]
struct Given {
    address: u32,
    /// In order.
    manual: BTreeSet<u32>,
}

/// A service and its virtual IPs, as a snapshot has them.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct VirtualIpRow {
    #[prost(string, tag = 1)]
    service: String,
    #[prost(fixed32, tag = 2)]
    address: u32,
    #[prost(fixed32, repeated, tag = 3)]
    manual: Vec<u32>,
}

impl Default for VirtualIps {
    fn default() -> Self {
        Self { started: false, services: OrdMap::new(), manual: OrdMap::new(), pool: Pool::of(ADDRESSES) }
    }
}

impl VirtualIps {
    fn of(&self, service: &str) -> Option<&Arc<Given>> {
        self.services.get(service)
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = VirtualIpRow> {
        self.services.iter().map(|(service, given)| VirtualIpRow {
            service: service.to_string(),
            address: given.address,
            manual: given.manual.iter().copied().collect(),
        })
    }

    pub(crate) fn restore(&mut self, VirtualIpRow { service, address, manual }: VirtualIpRow) -> Result<(), String> {
        let (key, manual): (Name, BTreeSet<u32>) = (service.into(), manual.into_iter().collect());
        if !self.pool.take(address) {
            return Err(format!("service {key:?} has the virtual IP of another, or none that there is"));
        }
        for address in &manual {
            if let Some(twin) = self.manual.insert(*address, Name::clone(&key)) {
                return Err(format!("services {twin:?} and {key:?} have the same virtual IP"));
            }
        }
        match self.services.insert(Name::clone(&key), Arc::new(Given { address, manual })) {
            None => Ok(()),
            Some(_) => Err(format!("service {key:?} has two virtual IPs")),
        }
    }
}

impl Catalog {
    pub(crate) fn gives_virtual_ips(&self) -> bool {
        self.virtual_ips.started
    }

    pub(crate) fn restore_virtual_ips(&mut self, started: bool) {
        self.virtual_ips.started = started;
    }
}

impl State {
    /// Whether virtual IPs are given: [`StartVirtualIps`] has been applied.
    #[must_use]
    pub fn gives_virtual_ips(&self) -> bool {
        self.catalog.gives_virtual_ips()
    }
}

impl Change<'_> {
    /// An instance as it is to be registered: with the virtual IP of the service it leads to, which is given now if there was none.
    ///
    /// # Errors
    /// When all addresses are given.
    pub(super) fn with_virtual_ip(&mut self, mut row: ServiceRow) -> Result<ServiceRow, String> {
        let ips = &mut self.state.catalog.virtual_ips;
        if !ips.started {
            return Ok(row);
        }
        row.tagged_addresses.remove(VIRTUAL);
        let Some(service) = row.mesh_destination().map(name) else { return Ok(row) };
        let address = match ips.of(&service) {
            Some(given) => given.address,
            None => {
                let address = ips.pool.take_lowest().ok_or("cannot allocate any more unique service virtual IPs")?;
                ips.services.insert(service, Arc::new(Given { address, manual: BTreeSet::new() }));
                address
            }
        };
        let place = ServiceAddress { address: Ipv4Addr::from_bits(address).to_string(), port: row.port };
        row.tagged_addresses.insert(VIRTUAL.to_owned(), place);
        Ok(row)
    }

    /// Takes back what a service has that has no instance any more, and that nothing leads to.
    pub(super) fn release_virtual_ip(&mut self, service: &Name) {
        let Catalog { services, mesh, virtual_ips, .. } = &mut self.state.catalog;
        if mesh.contains_key(service) || services.get(service).is_some_and(|service| !service.instances.is_empty()) {
            return;
        }
        if let Some(given) = virtual_ips.services.remove(service) {
            virtual_ips.pool.give_back(given.address);
            for address in &given.manual {
                virtual_ips.manual.remove(address);
            }
        }
    }

    /// Gives the addresses to a service that has a virtual IP, and tells who had them.
    fn assign_by_hand(&mut self, service: &Name, addresses: BTreeSet<u32>) -> BTreeSet<Name> {
        let ips = &mut self.state.catalog.virtual_ips;
        let mut losers = BTreeSet::new();
        let Some(given) = ips.services.get(service).filter(|given| given.manual != addresses).cloned() else { return losers };
        for address in &given.manual {
            ips.manual.remove(address);
        }
        for address in &addresses {
            let Some(loser) = ips.manual.insert(*address, Name::clone(service)) else { continue };
            if let Some(given) = ips.services.get_mut(&loser) {
                Arc::make_mut(given).manual.remove(address);
            }
            losers.insert(loser);
        }
        ips.services.insert(Name::clone(service), Arc::new(Given { address: given.address, manual: addresses }));
        for changed in losers.iter().chain([service]) {
            self.in_mesh(changed, |_| {});
        }
        losers
    }
}

impl Evaluate for VirtualIp {
    fn evaluate(&self, view: &View<'_>) -> Result<VirtualAddress, Error> {
        let (key, catalog): (_, &Catalog) = (name(&self.service), &view.state.catalog);
        let of_service = catalog.services.get(&key).map_or_else(|| catalog.absent_service(), |service| service.index);
        let of_mesh = catalog.mesh.get(&key).map_or_else(|| catalog.absent_mesh(), |mesh| mesh.index);
        view.saw(Topic::Service(Name::clone(&key)), of_service);
        view.saw(Topic::Mesh(Name::clone(&key)), of_mesh);
        let given = catalog.virtual_ips.of(&key).filter(|_| view.may(Resource::Service, Access::Read, &self.service));
        if given.is_none() {
            view.found_nothing();
        }
        Ok(VirtualAddress { address: given.map(|given| given.address) })
    }
}

impl Apply for StartVirtualIps {
    fn needs(&self, _: &State, _: &mut Needs) {}

    fn apply(&self, change: &mut Change<'_>) -> Result<Done, Error> {
        let given = change.all_or_nothing(|change| {
            let catalog = &mut change.state.catalog;
            catalog.virtual_ips.started = true;
            let places: Vec<Place> = catalog.mesh.values().flat_map(|mesh| mesh.instances.iter().cloned()).collect();
            for (node, id) in &places {
                let row = change.state.catalog.nodes.get(node).and_then(|host| host.services.get(id)).cloned();
                if let Some(row) = row {
                    change.put_service(node, (*row).clone())?;
                }
            }
            Ok(Done {})
        });
        given.map_err(|why: String| Error::failed(why))
    }
}

impl Apply for AssignVirtualIps {
    fn needs(&self, _: &State, needs: &mut Needs) {
        needs.add(Resource::Mesh, Access::Write, "");
    }

    fn check(&self) -> Result<(), Error> {
        if self.addresses.len() > MANUAL_LIMIT {
            return Err(Error::bad_request(format!("cannot associate more than {MANUAL_LIMIT} manual virtual IPs with the same service")));
        }
        if let Some(address) = self.addresses.iter().find(|address| ADDRESSES.contains(address)) {
            let address = Ipv4Addr::from_bits(*address);
            return Err(Error::bad_request(format!("{address} is in 240.0.0.0/4, of which services are given addresses")));
        }
        Ok(())
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<AssignedVirtualIps, Error> {
        let key = name(&self.service);
        let found = change.state.catalog.virtual_ips.of(&key).is_some();
        let losers = change.assign_by_hand(&key, self.addresses.iter().copied().collect());
        Ok(AssignedVirtualIps { found, unassigned_from: losers.iter().map(ToString::to_string).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{At, Permitted};
    use api::Write;
    use api::catalog::{Connect, NodeRow, Register};

    #[test]
    fn without_an_address_left_nothing_is_registered() {
        let mut state = State::default();
        (state.catalog.virtual_ips.started, state.catalog.virtual_ips.pool) = (true, Pool::of(7..=7));
        let mut register = |service: &str| {
            let row = ServiceRow { service: service.to_owned(), connect: Connect { native: true }, ..ServiceRow::default() };
            let node = NodeRow { node: format!("of-{service}"), address: "10.0.0.1".to_owned(), ..NodeRow::default() };
            let write = Write::CatalogRegister(Register { node: Some(node), service: Some(row), ..Register::default() });
            let outcome = state.apply(At::default(), &Permitted::internal(write)).outcome;
            (outcome.err().map(|error| error.text), state.clone())
        };
        let (refusal, before) = register("web");
        assert_eq!(refusal, None);
        let (refusal, after) = register("db");
        assert_eq!(refusal.as_deref(), Some("failed inserting service: cannot allocate any more unique service virtual IPs"));
        assert!(before == after);
        assert_eq!(register("web").0, None, "it has its own");
    }

    #[test]
    fn a_snapshot_in_which_two_have_one_is_none() {
        let row = |service: &str, address, manual: &[u32]| VirtualIpRow { service: service.to_owned(), address, manual: manual.to_vec() };
        let first = *ADDRESSES.start();
        for (bad, why) in [
            (row("db", first, &[]), "service \"db\" has the virtual IP of another, or none that there is"),
            (row("db", 1, &[]), "service \"db\" has the virtual IP of another, or none that there is"),
            (row("db", first + 1, &[9]), "services \"web\" and \"db\" have the same virtual IP"),
            (row("web", first + 1, &[]), "service \"web\" has two virtual IPs"),
        ] {
            let mut ips = VirtualIps::default();
            assert_eq!(ips.restore(row("web", first, &[9])), Ok(()));
            assert_eq!(ips.restore(bad), Err(why.to_owned()));
        }
    }
}
