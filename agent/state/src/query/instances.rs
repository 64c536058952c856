//! Which instances a definition finds in this datacenter.

use crate::catalog::{Catalog, Host, WantedTags, read};
use crate::{Evaluate, View};
use api::Error;
use api::catalog::{CRITICAL, PASSING, ServiceRow};
use api::health::Instance;
use api::query::{Found, Instances, NEAR_ADDRESS, ServiceQuery};

impl Evaluate for Instances {
    fn evaluate(&self, view: &View<'_>) -> Result<Found, Error> {
        let near = self.nearest_to(view);
        let from = near.and_then(Host::coordinate);
        let (mut instances, mut distances) = (Vec::new(), Vec::new());
        let tags = WantedTags::marked(&self.service.tags);
        for (host, service, id) in read::instances(view, &self.service.service, self.service.connect) {
            if !tags.take(service) || !self.service.wants(host, service, id) || !view.may_see_instance(host, service) {
                continue;
            }
            let checks = host.checks_of(id).map(|check| (**check).clone()).collect();
            if let Some(from) = from {
                distances.push(host.coordinate().map_or(f64::INFINITY, |to| from.distance_to(to)));
            }
            instances.push(Instance { node: (*host.row).clone(), service: (**service).clone(), checks });
        }
        Ok(Found { instances, distances, near: near.map_or_else(String::new, |host| host.row.node.clone()) })
    }
}

trait Nearest {
    fn nearest_to<'v>(&self, view: &'v View<'_>) -> Option<&'v Host>;
}

impl Nearest for Instances {
    /// The node that the nearest are wanted to, where one is asked for and there is such a node.
    fn nearest_to<'v>(&self, view: &'v View<'_>) -> Option<&'v Host> {
        if !self.near.is_empty() {
            view.saw_coordinates();
        }
        let catalog: &Catalog = &view.state.catalog;
        let host = match &*self.near {
            "" => None,
            NEAR_ADDRESS => {
                view.saw_nodes();
                catalog.host_at(&self.address)
            }
            near => read::node_named(view, near),
        };
        host.map(|host| &**host)
    }
}

trait Wants {
    fn wants(&self, host: &Host, service: &ServiceRow, id: &str) -> bool;
    fn takes_health(&self, host: &Host, id: &str) -> bool;
}

impl Wants for ServiceQuery {
    fn wants(&self, host: &Host, service: &ServiceRow, id: &str) -> bool {
        self.takes_health(host, id)
            && self.node_meta.iter().all(|(key, value)| host.row.meta.get(key) == Some(value))
            && self.service_meta.iter().all(|(key, value)| service.meta.get(key) == Some(value))
    }

    fn takes_health(&self, host: &Host, id: &str) -> bool {
        let mut checks = host.checks_of(id).filter(|check| !self.ignore_check_ids.contains(&check.check_id));
        checks.all(|check| if self.only_passing { check.status == PASSING } else { check.status != CRITICAL })
    }
}
