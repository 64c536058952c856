//! Datacenters that an operator had forgotten. A forgotten one stays forgotten until somebody says otherwise.

use crate::{Apply, Change, Needs, State, Table};
use api::federation::DatacenterUpdate;
use api::operator::Updated;
use api::{Access, Error, Resource};
use imbl::OrdMap;

/// How many datacenters can be forgotten: more is a mistake, or an attack.
const MOST: usize = 4096;

/// Forgotten datacenters, and the index since which they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Datacenters {
    pub(crate) forgotten: OrdMap<String, u64>,
    pub(crate) index: u64,
}

impl State {
    /// Names of the datacenters to keep out.
    pub fn forgotten_datacenters(&self) -> impl Iterator<Item = &str> {
        self.datacenters.forgotten.keys().map(String::as_str)
    }
}

impl Apply for DatacenterUpdate {
    fn needs(&self, _: &State, needs: &mut Needs) {
        needs.add(Resource::Operator, Access::Write, "");
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Updated, Error> {
        if change.state.datacenters.forgotten.contains_key(&self.dc) == self.forgotten {
            return Ok(Updated { ok: true });
        }
        if self.forgotten && change.state.datacenters.forgotten.len() >= MOST {
            return Err(Error::failed(format!("{MOST} datacenters are forgotten already; {:?} would be one too many", self.dc)));
        }
        let index = change.index();
        let datacenters = &mut change.state.datacenters;
        if self.forgotten {
            datacenters.forgotten.insert(self.dc.clone(), index);
        } else {
            datacenters.forgotten.remove(&self.dc);
        }
        datacenters.index = index;
        change.touch(Table::Datacenters);
        Ok(Updated { ok: true })
    }
}
