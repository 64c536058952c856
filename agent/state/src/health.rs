//! Reads of checks, and of instances with their checks.

use crate::catalog::{Listed, WantedTags, read};
use crate::{Evaluate, Table, Topic, View};
use api::catalog::{CheckRow, PASSING};
use api::health::{Checks, Instance, Instances, Node, Service, ServiceChecks, State};
use api::{Access, Error, Resource};
use filter::schema;
use std::sync::Arc;

impl Evaluate for Node {
    fn evaluate(&self, view: &View<'_>) -> Result<Checks, Error> {
        let listed = Listed::new(&self.select, &schema::HEALTH_CHECK)?;
        let host = read::node_named(view, &self.node);
        if host.is_none() {
            view.found_nothing();
        }
        Ok(wanted(view, &listed, host.into_iter().flat_map(|host| host.checks.values())))
    }
}

impl Evaluate for ServiceChecks {
    fn evaluate(&self, view: &View<'_>) -> Result<Checks, Error> {
        let listed = Listed::new(&self.select, &schema::HEALTH_CHECK)?;
        if listed.asks_for_meta() {
            view.saw_nodes();
        }
        let rows = read::checks(view, &self.service).filter(|(host, _)| listed.has_meta(&host.row));
        Ok(wanted(view, &listed, rows.map(|(_, row)| row)))
    }
}

impl Evaluate for State {
    fn evaluate(&self, view: &View<'_>) -> Result<Checks, Error> {
        let listed = Listed::new(&self.select, &schema::HEALTH_CHECK)?;
        view.saw(Topic::Table(Table::Checks), view.state.catalog.indexes().checks);
        if listed.asks_for_meta() {
            view.saw_nodes();
        }
        let hosts = view.state.catalog.hosts().filter(|host| listed.has_meta(&host.row));
        let rows = hosts.flat_map(|host| host.checks.values()).filter(|row| self.state == "any" || row.status == self.state);
        Ok(wanted(view, &listed, rows))
    }
}

/// The checks of `rows` that the token may see and the filter lets pass.
fn wanted<'r>(view: &View<'_>, listed: &Listed<'_>, rows: impl Iterator<Item = &'r Arc<CheckRow>>) -> Checks {
    let may_see = |row: &CheckRow| {
        let of_service = row.service_name.is_empty() || view.may(Resource::Service, Access::Read, &row.service_name);
        of_service && view.may_see_node(&row.node)
    };
    let mut checks: Vec<_> = rows.filter(|row| may_see(row) && listed.passes(&***row)).map(|row| (**row).clone()).collect();
    listed.nearest_first(view, &mut checks, |row| &row.node);
    Checks { checks }
}

impl Evaluate for Service {
    fn evaluate(&self, view: &View<'_>) -> Result<Instances, Error> {
        let listed = Listed::new(&self.select, &schema::CHECK_SERVICE_NODE)?;
        let tags = WantedTags::all(&self.tags);
        let mut instances = Vec::new();
        for (host, service, id) in read::instances(view, &self.name, self.connect) {
            let wanted = listed.has_meta(&host.row) && tags.take(service);
            if !wanted || self.passing && host.checks_of(id).any(|check| check.status != PASSING) {
                continue;
            }
            if !view.may_see_instance(host, service) {
                continue;
            }
            let checks = host.checks_of(id).map(|check| (**check).clone()).collect();
            let instance = Instance { node: (*host.row).clone(), service: (**service).clone(), checks };
            if listed.passes(&instance) {
                instances.push(instance);
            }
        }
        listed.nearest_first(view, &mut instances, |instance| &instance.node.node);
        Ok(Instances { instances })
    }
}
