//! Making, changing and removing definitions.

use super::{ID_LENGTH, Queries, template, validate};
use crate::catalog::name;
use crate::{Apply, Change, Needs, State, Table};
use api::query::{Create, Created, Delete, Done, Query, Update};
use api::{Access, Error, Resource};
use seed::mixed;

impl Apply for Create {
    fn needs(&self, _: &State, needs: &mut Needs) {
        needs.query(&self.query);
    }

    fn check(&self) -> Result<(), Error> {
        check(&self.query)
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Created, Error> {
        let id = change.state.queries.free_id(change.at().seed, change.state.index);
        let query = Query { id: id.clone(), ..self.query.clone() };
        known_session(&query.session)?;
        change.state.queries.refuse_alias(&query)?;
        let index = change.index();
        store(change, Query { create_index: index, ..query }, index);
        Ok(Created { id })
    }
}

impl Apply for Update {
    fn needs(&self, state: &State, needs: &mut Needs) {
        needs.query(&self.query);
        if let Ok(Some(current)) = state.queries.with_id(&self.query.id) {
            needs.query(current);
        }
    }

    fn check(&self) -> Result<(), Error> {
        check(&self.query)
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Done, Error> {
        let current = change.state.queries.existing(&self.query.id)?;
        let query = Query { id: current.id, create_index: current.create_index, ..self.query.clone() };
        known_session(&query.session)?;
        change.state.queries.refuse_alias(&query)?;
        let index = change.index();
        change.state.queries.remove(&query.id);
        store(change, query, index);
        Ok(Done {})
    }
}

impl Apply for Delete {
    fn needs(&self, state: &State, needs: &mut Needs) {
        if let Ok(Some(current)) = state.queries.with_id(&self.id) {
            needs.query(current);
        }
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Done, Error> {
        let current = change.state.queries.existing(&self.id)?;
        change.state.queries.index = change.index();
        change.state.queries.remove(&current.id);
        change.touch(Table::Queries);
        Ok(Done {})
    }
}

fn check(query: &Query) -> Result<(), Error> {
    validate::definition(query).map_err(|why| Error::failed(format!("Invalid prepared query: {why}")))?;
    template::check(query).map_err(|why| Error::failed(format!("failed compiling template: {why}")))
}

fn store(change: &mut Change<'_>, query: Query, index: u64) {
    change.state.queries.insert(Query { modify_index: index, ..query });
    change.state.queries.index = index;
    change.touch(Table::Queries);
}

/// A definition lives as long as its session; none can be, since this datacenter's servers do not keep sessions yet.
fn known_session(session: &str) -> Result<(), Error> {
    match session.len() {
        0 => Ok(()),
        ID_LENGTH => Err(Error::failed(format!("invalid session {session:?}"))),
        _ => Err(Error::failed("invalid session: index error: UUID must be 36 characters")),
    }
}

impl Queries {
    fn existing(&self, id: &str) -> Result<Query, Error> {
        let found = self.with_id(id).map_err(|error| Error::failed(format!("Prepared Query lookup failed: {}", error.text)))?;
        let found = found.ok_or_else(|| Error::failed(format!("Cannot modify non-existent prepared query: '{id}'")))?;
        Ok((**found).clone())
    }

    /// No name may be taken twice, nor be an id.
    fn refuse_alias(&self, query: &Query) -> Result<(), Error> {
        if query.name.is_empty() && !query.is_template() {
            return Ok(());
        }
        if self.by_id.contains_key(&*name(&query.name)) {
            return Err(Error::failed(format!("name '{}' aliases an existing query ID", query.name)));
        }
        if self.named(&query.name).is_some_and(|other| other.id != query.id) {
            if query.name.is_empty() {
                return Err(Error::failed("a query template with an empty name already exists"));
            }
            return Err(Error::failed(format!("name '{}' aliases an existing query name", query.name)));
        }
        Ok(())
    }

    /// A UUID (RFC 9562, version 4) that no definition has; the same on every server, since all apply the same entry to the same state.
    fn free_id(&self, seed: u64, index: u64) -> String {
        let mut seed = mixed(seed).wrapping_add(index);
        loop {
            let (high, low) = (mixed(seed), mixed(seed ^ u64::MAX));
            let bits = (u128::from(high) << 64 | u128::from(low)) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
            let hex = format!("{bits:032x}");
            let (a, b, c, d, e) = (hex.get(..8), hex.get(8..12), hex.get(12..16), hex.get(16..20), hex.get(20..));
            let id = [a, b, c, d, e].map(Option::unwrap_or_default).join("-");
            if !self.by_id.contains_key(&*id) {
                return id;
            }
            seed = mixed(seed);
        }
    }
}

impl Needs {
    /// To change a definition. One without a name is protected by the session that it is bound to.
    fn query(&mut self, query: &Query) {
        if query.is_template() || !query.name.is_empty() {
            self.add(Resource::Query, Access::Write, &query.name);
        }
    }
}
