//! Maintenance: a check that is critical, and is kept like any other.

use crate::error::not_registered;
use crate::{Effect, Local, Source};
use api::agent::{CheckDefinition, NODE_MAINTENANCE, SERVICE_MAINTENANCE};
use api::catalog::CRITICAL;
use api::{Error, Token};
use std::time::Duration;

impl Local {
    /// Puts an instance into maintenance, or takes it out again.
    ///
    /// # Errors
    /// When there is no such instance.
    pub fn set_service_maintenance(
        &mut self,
        now: Duration,
        id: &str,
        enable: bool,
        reason: &str,
        token: &Token,
    ) -> Result<Vec<Effect>, Error> {
        if self.service(id).is_none() {
            return Err(not_registered(id));
        }
        let definition = CheckDefinition {
            check_id: format!("{SERVICE_MAINTENANCE}:{id}"),
            name: "Service Maintenance Mode".to_owned(),
            notes: reason_or(reason, "service"),
            service_id: id.to_owned(),
            status: CRITICAL.to_owned(),
            ..CheckDefinition::default()
        };
        Ok(self.set_maintenance(now, definition, enable, token))
    }

    /// Puts the node into maintenance, or takes it out again.
    pub fn set_node_maintenance(&mut self, now: Duration, enable: bool, reason: &str, token: &Token) -> Vec<Effect> {
        let definition = CheckDefinition {
            check_id: NODE_MAINTENANCE.to_owned(),
            name: "Node Maintenance Mode".to_owned(),
            notes: reason_or(reason, "node"),
            status: CRITICAL.to_owned(),
            ..CheckDefinition::default()
        };
        self.set_maintenance(now, definition, enable, token)
    }

    fn set_maintenance(&mut self, now: Duration, definition: CheckDefinition, enable: bool, token: &Token) -> Vec<Effect> {
        let mut effects = Vec::new();
        let is_on = self.check(&definition.check_id).is_some();
        if !enable {
            self.remove_check(&definition.check_id, "", &mut effects);
        } else if !is_on {
            self.put_check(now, definition, Source::Api, token, &mut effects);
        }
        effects
    }
}

fn reason_or(reason: &str, what: &str) -> String {
    if reason.is_empty() {
        format!("Maintenance mode is enabled for this {what}, but no reason was provided. This is a default message.")
    } else {
        reason.to_owned()
    }
}
