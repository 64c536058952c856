//! `PUT /v1/catalog/deregister`

use crate::{Apply, Change, Needs, State};
use api::Error;
use api::catalog::{Deregister, Done};

impl Apply for Deregister {
    fn needs(&self, state: &State, needs: &mut Needs) {
        if !self.service_id.is_empty() {
            needs.known_instance(&state.catalog, &self.node, &self.service_id);
        } else if !self.check_id.is_empty() {
            needs.known_check(&state.catalog, &self.node, &self.check_id);
        }
        if needs.is_empty() {
            needs.node(&self.node);
        }
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Done, Error> {
        if self.node.is_empty() {
            return Err(Error::failed("Must provide node"));
        }
        if !self.service_id.is_empty() {
            change.remove_service(&self.node, &self.service_id);
        } else if !self.check_id.is_empty() {
            change.remove_check(&self.node, &self.check_id);
        } else {
            change.remove_node(&self.node);
        }
        Ok(Done {})
    }
}
