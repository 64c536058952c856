//! User events that gossip brings: kept, if they are for this agent.

use crate::Office;
use crate::desk::Desk;
use crate::events::{self, Service};
use api::agent::Services;
use api::{Call, Reply};
use members::UserEvent;

impl<O: Office> Desk<O> {
    /// Keeps an event if it is for this agent.
    pub(crate) async fn hear(&self, fired: &UserEvent) {
        let Some((event, concern)) = events::read(fired) else { return };
        let services = if concern.asks_for_services() { self.own_services().await } else { Vec::new() };
        if concern.is_with(&self.parts.settings.node_name, &services) {
            self.heard.keep(event);
        }
    }

    /// The services that are here.
    async fn own_services(&self) -> Vec<Service> {
        match self.parts.services.answer(&Call::new(Services::default())).await {
            Ok(Reply::AgentServices(found)) => found.services.into_iter().map(|found| (found.row.service, found.row.tags)).collect(),
            Ok(_) => Vec::new(),
            Err(error) => {
                tracing::warn!(%error, "whether a user event is for a service here cannot be told");
                Vec::new()
            }
        }
    }
}
