//! `PUT /v1/catalog/register`

use super::{bad_node_id, check_defaults, prepared_service};
use crate::{Apply, Change, Needs, State};
use api::Error;
use api::catalog::{Done, NodeRow, Register};

impl Apply for Register {
    fn needs(&self, state: &State, needs: &mut Needs) {
        let Some(node) = &self.node else {
            return needs.node("");
        };
        if !(self.skip_node_update && state.catalog.host(&node.node).is_some()) {
            needs.change_of_node(&state.catalog, node);
        }
        if let Some(service) = &self.service {
            needs.instance(&state.catalog, &node.node, service);
        }
        for check in &self.checks {
            needs.check(&state.catalog, &node.node, check, self.service.as_ref());
        }
        if needs.is_empty() {
            // Nothing would change, or so it seems from here: the node is the least that it is about.
            needs.node(&node.node);
        }
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Done, Error> {
        let node = self.checked_node().map_err(Error::failed)?;
        change.all_or_nothing(|change| self.register(change, node)).map_err(Error::failed)?;
        Ok(Done {})
    }
}

trait Registration {
    fn checked_node(&self) -> Result<&NodeRow, String>;
    fn register(&self, change: &mut Change<'_>, node: &NodeRow) -> Result<(), String>;
}

impl Registration for Register {
    fn checked_node(&self) -> Result<&NodeRow, String> {
        let Some(node) = self.node.as_ref().filter(|node| !node.node.is_empty()) else {
            return Err("Must provide node".to_owned());
        };
        if node.address.is_empty() && !self.skip_node_update {
            return Err("Must provide address if SkipNodeUpdate is not set".to_owned());
        }
        bad_node_id(&node.id)?;
        Ok(node)
    }

    fn register(&self, change: &mut Change<'_>, node: &NodeRow) -> Result<(), String> {
        let service = self.service.clone().map(prepared_service).transpose()?;
        if !(self.skip_node_update && change.state.catalog.host(&node.node).is_some()) {
            change.put_node(node.clone()).map_err(|why| format!("failed inserting node: {why}"))?;
        }
        if let Some(service) = service {
            change.put_service(&node.node, service).map_err(|why| format!("failed inserting service: {why}"))?;
        }
        for check in &self.checks {
            let check = check_defaults(check.clone(), &node.node);
            if check.node != node.node {
                return Err(format!("check node {:?} does not match node {:?}", check.node, node.node));
            }
            change.put_check(check).map_err(|why| format!("failed inserting check: {why} on node {:?}", node.node))?;
        }
        Ok(())
    }
}
