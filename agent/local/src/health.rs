//! How the node's instances are: `/v1/agent/health/service/*`.

use crate::{Check, Local, Service};
use api::agent::{Health, ServiceHealth};
use api::catalog::{CRITICAL, PASSING, WARNING};

const MAINTENANCE: &str = "maintenance";

impl Local {
    /// How an instance is.
    #[must_use]
    pub fn health_by_id(&self, id: &str, text: bool) -> Health {
        let found = self.service(id).map(|service| self.health_of(service));
        let instances: Vec<ServiceHealth> = found.into_iter().collect();
        let reason = format!("ServiceId {id} not found");
        Health { text, by_name: false, ..health(instances, reason) }
    }

    /// How all instances of a service are.
    #[must_use]
    pub fn health_by_name(&self, name: &str, text: bool) -> Health {
        let instances = self.services().filter(|service| service.row.service == name).map(|service| self.health_of(service)).collect();
        let reason = format!("ServiceName {name} Not Found");
        Health { text, by_name: true, ..health(instances, reason) }
    }

    fn health_of(&self, service: &Service) -> ServiceHealth {
        let own = self.checks_of(&service.row.id);
        let counted: Vec<&Check> = own.chain(self.checks().filter(|check| check.row.service_id.is_empty())).collect();
        let status = worst(counted.iter().map(|check| if check.definition.is_maintenance() { MAINTENANCE } else { &*check.row.status }));
        let checks = counted.into_iter().map(|check| self.written(check)).collect();
        ServiceHealth { status: status.to_owned(), service: self.shown(service), checks }
    }
}

/// The worst of all, and why there is none.
fn health(instances: Vec<ServiceHealth>, absent: String) -> Health {
    if instances.is_empty() {
        return Health { reason: absent, ..Health::default() };
    }
    let status = worst(instances.iter().map(|health| &*health.status)).to_owned();
    Health { reason: status.clone(), status, instances, ..Health::default() }
}

fn worst<'a>(statuses: impl Iterator<Item = &'a str>) -> &'a str {
    let rank = |status: &str| match status {
        PASSING => 0,
        WARNING => 1,
        MAINTENANCE => 3,
        _ => 2,
    };
    match statuses.max_by_key(|status| rank(status)).map(rank) {
        None | Some(0) => PASSING,
        Some(1) => WARNING,
        Some(3) => MAINTENANCE,
        Some(_) => CRITICAL,
    }
}
