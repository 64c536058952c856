//! How the leader looks after the servers: one row, replaced as a whole.

use crate::{Apply, Change, Evaluate, Needs, State, Table, Topic, View};
use api::operator::{Autopilot as Row, AutopilotRead, AutopilotUpdate, Updated};
use api::{Access, Error, Resource};
use std::sync::Arc;

/// The autopilot's configuration, `None` until the first leader seeds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Autopilot(pub(crate) Option<Arc<Row>>);

impl State {
    /// The configuration in force: the stored one, or Consul's defaults.
    #[must_use]
    pub fn autopilot(&self) -> Row {
        self.autopilot.0.as_deref().cloned().unwrap_or_else(|| Row {
            cleanup_dead_servers: true,
            last_contact_threshold: 200,
            max_trailing_logs: 250,
            server_stabilization_time: 10_000,
            ..Row::default()
        })
    }
}

impl Evaluate for AutopilotRead {
    fn evaluate(&self, view: &View<'_>) -> Result<Row, Error> {
        view.demand(Resource::Operator, Access::Read, "")?;
        let row = view.state.autopilot();
        view.saw(Topic::Table(Table::Autopilot), row.modify_index);
        Ok(row)
    }
}

impl Apply for AutopilotUpdate {
    fn needs(&self, _: &State, needs: &mut Needs) {
        needs.add(Resource::Operator, Access::Write, "");
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Updated, Error> {
        let current = change.state.autopilot.0.clone();
        if self.cas.is_some_and(|expected| expected != current.as_ref().map_or(0, |row| row.modify_index)) {
            return Ok(Updated { ok: false });
        }
        let index = change.index();
        let mut row = self.configuration.clone().unwrap_or_default();
        (row.create_index, row.modify_index) = (current.map_or(index, |row| row.create_index), index);
        change.state.autopilot.0 = Some(Arc::new(row));
        change.touch(Table::Autopilot);
        Ok(Updated { ok: true })
    }
}
