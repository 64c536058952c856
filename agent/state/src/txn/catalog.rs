//! Steps on nodes, instances and checks.

use super::Came;
use crate::catalog::{Catalog, bad_node_id, check_defaults, prepared_service, read};
use crate::{Change, Needs, State, View};
use api::catalog::{CheckRow, NodeRow, ServiceRow};
use api::txn::{CheckStep, Item, NodeStep, ServiceStep, Subject, Verb};
use api::{Access, Resource};
use std::sync::Arc;

/// What is wrong with a step whatever the state. One that only looks has nothing to be wrong.
pub(super) fn senseless(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Node(step) if step.verb() != Verb::Get => {
            let row = row(step.node.as_ref());
            if row.node.is_empty() { Some("Must provide node".to_owned()) } else { bad_node_id(&row.id).err() }
        }
        Subject::Service(step) if step.verb() != Verb::Get => prepared_service(row(step.service.as_ref())).err(),
        _ => None,
    }
}

pub(super) fn needs(subject: &Subject, state: &State, needs: &mut Needs) {
    let catalog = &state.catalog;
    match subject {
        Subject::Node(step) => {
            let access = if step.verb() == Verb::Get { Access::Read } else { Access::Write };
            needs.add(Resource::Node, access, row(step.node.as_ref()).node);
        }
        Subject::Service(ServiceStep { node, service, .. }) => match (subject.verb(), row(service.as_ref())) {
            (Verb::Get, row) => needs.add(Resource::Service, Access::Read, known_service(catalog, node, &row.id).unwrap_or(row.service)),
            (_, row) => needs.instance(catalog, node, &row),
        },
        Subject::Check(step) => match (step.verb(), row(step.check.as_ref())) {
            (Verb::Get, row) => needs.add(Resource::Node, Access::Read, row.node),
            (_, row) => {
                needs.check(catalog, &row.node, &row, None);
                needs.known_check(catalog, &row.node, &row.check_id);
            }
        },
        Subject::Kv(_) | Subject::Unknown(_) => {}
    }
}

fn known_service(catalog: &Catalog, node: &str, id: &str) -> Option<String> {
    Some(catalog.host(node)?.service(id)?.service.clone())
}

/// Records what a step depends on: its node.
pub(super) fn saw(subject: &Subject, view: &View<'_>) {
    let node = match subject {
        Subject::Node(step) => {
            view.saw_nodes();
            row(step.node.as_ref()).node
        }
        Subject::Service(step) => step.node.clone(),
        Subject::Check(step) => row(step.check.as_ref()).node,
        Subject::Kv(_) | Subject::Unknown(_) => return,
    };
    read::node_named(view, &node);
}

/// The rows found that the token may see.
pub(super) fn visible(subject: &Subject, found: Vec<Item>, view: &View<'_>) -> Vec<Item> {
    let may_see = |item: &Item| match (item, subject) {
        (Item::Node(row), _) => view.may_see_node(&row.node),
        (Item::Service(row), Subject::Service(step)) => {
            view.may_see_node(&step.node) && view.may(Resource::Service, Access::Read, &row.service)
        }
        (Item::Check(row), _) => view.may_see_node(&row.node),
        _ => true,
    };
    found.into_iter().filter(may_see).collect()
}

/// Runs a step that only looks.
pub(super) fn look(subject: &Subject, state: &State) -> Came {
    let catalog = &state.catalog;
    match subject {
        Subject::Node(step) => {
            let asked = row(step.node.as_ref());
            find_node(catalog, &asked)
                .map(|row| vec![Item::Node((*row).clone())])
                .ok_or_else(|| format!("node {:?} doesn't exist", asked.node))
        }
        Subject::Service(ServiceStep { node, service, .. }) => {
            let id = row(service.as_ref()).id;
            let found = catalog.host(node).and_then(|host| host.service(&id));
            found.map(|row| vec![Item::Service((**row).clone())]).ok_or_else(|| format!("service {id:?} on node {node:?} doesn't exist"))
        }
        Subject::Check(step) => {
            let CheckRow { node, check_id, .. } = row(step.check.as_ref());
            let found = catalog.host(&node).and_then(|host| host.check(&check_id));
            found.map(|row| vec![Item::Check((**row).clone())]).ok_or_else(|| format!("check {check_id:?} on node {node:?} doesn't exist"))
        }
        Subject::Kv(_) | Subject::Unknown(_) => Ok(Vec::new()),
    }
}

/// Runs a step.
pub(super) fn run(subject: &Subject, change: &mut Change<'_>) -> Came {
    if subject.verb() == Verb::Get {
        return look(subject, change.state);
    }
    match subject {
        Subject::Node(step) => run_on_node(step, change),
        Subject::Service(step) => run_on_service(step, change),
        Subject::Check(step) => run_on_check(step, change),
        Subject::Kv(_) | Subject::Unknown(_) => Ok(Vec::new()),
    }
}

fn run_on_node(step: &NodeStep, change: &mut Change<'_>) -> Came {
    let asked: NodeRow = row(step.node.as_ref());
    let current = change.state.catalog.host(&asked.node).map(|host| host.row.modify_index);
    compare(step.verb(), asked.modify_index, current, || format!("node {:?}", asked.node))?;
    if is_delete(step.verb()) {
        change.remove_node(&asked.node);
        return Ok(Vec::new());
    }
    Ok(vec![Item::Node((*change.put_node(asked)?).clone())])
}

fn run_on_service(step: &ServiceStep, change: &mut Change<'_>) -> Came {
    let asked: ServiceRow = prepared_service(row(step.service.as_ref()))?;
    let current = change.state.catalog.host(&step.node).and_then(|host| host.service(&asked.id)).map(|row| row.modify_index);
    compare(step.verb(), asked.modify_index, current, || format!("service {:?} on node {:?}", asked.id, step.node))?;
    if is_delete(step.verb()) {
        change.remove_service(&step.node, &asked.id);
        return Ok(Vec::new());
    }
    Ok(vec![Item::Service((*change.put_service(&step.node, asked)?).clone())])
}

fn run_on_check(step: &CheckStep, change: &mut Change<'_>) -> Came {
    let asked: CheckRow = check_defaults(row(step.check.as_ref()), "");
    let current = change.state.catalog.host(&asked.node).and_then(|host| host.check(&asked.check_id)).map(|row| row.modify_index);
    compare(step.verb(), asked.modify_index, current, || format!("check {:?} on node {:?}", asked.check_id, asked.node))?;
    if is_delete(step.verb()) {
        change.remove_check(&asked.node, &asked.check_id);
        return Ok(Vec::new());
    }
    Ok(vec![Item::Check((*change.put_check(asked)?).clone())])
}

/// Whether a row is as the step expects it. To set one, index 0 expects that there is none.
fn compare(verb: Verb, expected: u64, current: Option<u64>, what: impl FnOnce() -> String) -> Result<(), String> {
    match verb {
        Verb::Cas if current.unwrap_or(0) != expected => Err(format!("failed to set {}, index is stale", what())),
        Verb::DeleteCas if current != Some(expected) => Err(format!("failed to delete {}, index is stale", what())),
        _ => Ok(()),
    }
}

fn is_delete(verb: Verb) -> bool {
    matches!(verb, Verb::Delete | Verb::DeleteCas)
}

/// A node by its id if one is given, else by its name.
fn find_node(catalog: &Catalog, asked: &NodeRow) -> Option<Arc<NodeRow>> {
    let host = if asked.id.is_empty() { catalog.host(&asked.node) } else { catalog.host_with_id(&asked.id) };
    host.map(|host| Arc::clone(&host.row))
}

/// The row of a step; one without a row is about a row without anything in it.
fn row<T: Clone + Default>(given: Option<&T>) -> T {
    given.cloned().unwrap_or_default()
}

trait HasVerb {
    fn verb(&self) -> Verb;
}

impl HasVerb for Subject {
    fn verb(&self) -> Verb {
        match self {
            Self::Node(step) => step.verb(),
            Self::Service(step) => step.verb(),
            Self::Check(step) => step.verb(),
            Self::Kv(_) | Self::Unknown(_) => Verb::Get,
        }
    }
}
