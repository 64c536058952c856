//! Prepared queries: definitions by id and by name, and what they find here.

mod arrange;
mod change;
mod instances;
mod interpolation;
mod template;
mod validate;

pub use arrange::arrange;

use crate::catalog::{Name, name};
use crate::{Evaluate, State, Table, Topic, View};
use api::query::{Explain, Explained, Queries as Listed, Query, Read, Resolve};
use api::{Access, Code, Error, Resource};
use imbl::OrdMap;
use std::sync::Arc;

/// All definitions of a datacenter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Queries {
    by_id: OrdMap<Name, Arc<Query>>,
    /// Ids by name, of all that can be found by one: a template also by an empty one.
    names: OrdMap<Name, Name>,
    /// Of the last change of any of them.
    pub(crate) index: u64,
}

/// How long an id is, and so what is looked up as one.
const ID_LENGTH: usize = 36;

impl Queries {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Query>> {
        self.by_id.values()
    }

    /// The definition with this id.
    ///
    /// # Errors
    /// When it is no id.
    fn with_id(&self, id: &str) -> Result<Option<&Arc<Query>>, Error> {
        if id.len() != ID_LENGTH {
            return Err(Error::failed("failed prepared query lookup: index error: UUID must be 36 characters"));
        }
        Ok(self.by_id.get(&*name(id)))
    }

    /// The definition with this very name.
    fn named(&self, given: &str) -> Option<&Arc<Query>> {
        self.by_id.get(self.names.get(&*name(given))?)
    }

    /// The definition that `given` leads to: by id, by name, or by the template with the longest name that it begins with.
    ///
    /// # Errors
    /// When there is none, or the id of a template is given, which says nothing to fill it with.
    fn lookup(&self, given: &str) -> Result<&Arc<Query>, Error> {
        if given.len() == ID_LENGTH
            && let Some(query) = self.by_id.get(&*name(given))
        {
            let text = "prepared query templates can only be resolved up by name, not by ID";
            return if query.is_template() { Err(Error::failed(text)) } else { Ok(query) };
        }
        if let Some(query) = self.named(given).filter(|query| !query.is_template()) {
            return Ok(query);
        }
        self.template(&name(given)).ok_or_else(|| Error::new(Code::NotFound, "Query not found"))
    }

    /// The template with the longest name that `given`, in lower case, begins with. Names of any length are asked for, so that not every
    /// beginning is looked up.
    fn template(&self, given: &str) -> Option<&Arc<Query>> {
        let mut beginning = given;
        loop {
            // Between this name and `beginning` there is none: one that `beginning` begins with is what both begin with, or shorter.
            let (last, id) = self.names.get_prev(beginning)?;
            let shared = beginning.starts_with(&**last).then_some(&**last);
            if let Some(template) = shared.and_then(|_| self.by_id.get(id)).filter(|query| query.is_template()) {
                return Some(template);
            }
            let length = match shared {
                Some(shared) => shared.char_indices().next_back()?.0,
                None => beginning.char_indices().zip(last.chars()).find(|((_, a), b)| a != b)?.0.0,
            };
            beginning = beginning.get(..length)?;
        }
    }

    pub(crate) fn insert(&mut self, query: Query) {
        let id = name(&query.id);
        if query.is_template() || !query.name.is_empty() {
            self.names.insert(name(&query.name), Name::clone(&id));
        }
        self.by_id.insert(id, Arc::new(query));
    }

    fn remove(&mut self, id: &str) -> Option<Arc<Query>> {
        let id = name(id);
        let removed = self.by_id.remove(&id)?;
        let key = name(&removed.name);
        if self.names.get(&key) == Some(&id) {
            self.names.remove(&key);
        }
        Some(removed)
    }
}

impl View<'_> {
    fn saw_queries(&self) {
        self.saw(Topic::Table(Table::Queries), self.state.queries.index);
    }

    /// Who may not change a definition does not see its token either: it may do more than he may.
    fn shown(&self, query: &Query) -> Query {
        let mut query = query.clone();
        if !query.token.is_empty() && !self.has(Resource::Query, Access::Write, &query.name) {
            validate::HIDDEN.clone_into(&mut query.token);
        }
        query
    }
}

impl Evaluate for Read {
    fn evaluate(&self, view: &View<'_>) -> Result<Listed, Error> {
        view.saw_queries();
        let Some(id) = &self.id else {
            // One without a name has no rule that protects it: it is told to those who know its id.
            let named = view.state.queries.all().filter(|query| !query.name.is_empty() || query.is_template());
            let visible = named.filter(|query| view.may(Resource::Query, Access::Read, &query.name));
            return Ok(Listed { queries: visible.map(|query| view.shown(query)).collect() });
        };
        let Some(query) = view.state.queries.with_id(id)? else {
            return Err(Error::new(Code::NotFound, "Query not found"));
        };
        if !query.name.is_empty() {
            view.demand(Resource::Query, Access::Read, &query.name)?;
        }
        Ok(Listed { queries: vec![view.shown(query)] })
    }
}

impl Evaluate for Explain {
    fn evaluate(&self, view: &View<'_>) -> Result<Explained, Error> {
        let query = resolve(view, &self.query)?;
        if !query.name.is_empty() {
            view.demand(Resource::Query, Access::Read, &query.name)?;
        }
        Ok(Explained { query: view.shown(&query) })
    }
}

impl Evaluate for Resolve {
    fn evaluate(&self, view: &View<'_>) -> Result<Explained, Error> {
        Ok(Explained { query: resolve(view, &self.query)? })
    }
}

fn resolve(view: &View<'_>, given: &str) -> Result<Query, Error> {
    view.saw_queries();
    let query = view.state.queries.lookup(given)?;
    if !query.is_template() {
        return Ok((**query).clone());
    }
    template::filled(query, given).map_err(Error::failed)
}

impl State {
    /// All definitions, by id.
    pub fn queries(&self) -> impl Iterator<Item = &Query> {
        self.queries.all().map(|query| &**query)
    }
}
