//! Where nodes are, and what is nearest to one.

use crate::catalog::{Catalog, Host, Name, name};
use crate::{Apply, Change, Evaluate, Needs, Permitted, State, Table, Topic, View};
use api::coordinate::{Coordinate, Located, LocatedList, Node, Nodes, Noted, Update};
use api::{Access, Error, Reply, Resource, Write};
use std::sync::Arc;

/// Network segments that one node can have coordinates of: Consul's limit.
const SEGMENTS: usize = 64;
/// Longest name of one.
const LONGEST_SEGMENT: usize = 128;
/// Updates that are written as one.
const BATCH: usize = 128;

impl Evaluate for Nodes {
    fn evaluate(&self, view: &View<'_>) -> Result<LocatedList, Error> {
        view.saw_coordinates();
        let hosts = view.state.catalog.hosts().filter(|host| !host.coordinates.is_empty() && view.may_see_node(&host.row.node));
        Ok(LocatedList { nodes: hosts.flat_map(|host| located(host, &self.segment)).collect() })
    }
}

impl Evaluate for Node {
    fn evaluate(&self, view: &View<'_>) -> Result<LocatedList, Error> {
        view.saw_coordinates();
        let host = view.state.catalog.host(&self.node).filter(|host| view.may_see_node(&host.row.node));
        let nodes: Vec<_> = host.into_iter().flat_map(|host| located(host, &self.segment)).collect();
        if nodes.is_empty() {
            view.found_nothing();
        }
        Ok(LocatedList { nodes })
    }
}

/// The coordinates of a node: those of one segment, or of all of them when none is named.
pub(crate) fn located<'h>(host: &'h Host, segment: &'h str) -> impl Iterator<Item = Located> + use<'h> {
    let wanted = host.coordinates.iter().filter(move |(of, _)| segment.is_empty() || &***of == segment);
    wanted.map(|(segment, coord)| Located { node: host.row.node.clone(), segment: segment.to_string(), coord: (**coord).clone() })
}

impl Apply for Update {
    fn needs(&self, _: &State, needs: &mut Needs) {
        for update in &self.updates {
            needs.add(Resource::Node, Access::Write, &update.node);
        }
    }

    fn apply(&self, change: &mut Change<'_>) -> Result<Noted, Error> {
        for update in &self.updates {
            change.locate(update);
        }
        Ok(Noted {})
    }
}

impl Change<'_> {
    /// Takes one update.
    fn locate(&mut self, update: &Located) {
        if !self.state.catalog.is_news(update) {
            return;
        }
        let Located { node, segment, coord } = update;
        let (key, segment, coord) = (name(node), Name::from(&**segment), Arc::new(coord.clone()));
        self.state.catalog.relocate(&key, segment, coord);
        self.touch_table(Table::Coordinates);
    }
}

impl View<'_> {
    /// Records that the answer is the coordinates.
    pub(crate) fn saw_coordinates(&self) {
        self.saw(Topic::Table(Table::Coordinates), self.state.catalog.indexes().coordinates);
    }
}

impl State {
    /// Writes that were kept back, in the order they came, as few as may be: without what would change nothing now.
    #[must_use]
    pub fn put_together(&self, kept: Vec<Permitted>) -> Vec<Permitted> {
        let (mut together, mut updates) = (Vec::new(), Vec::new());
        for permitted in kept {
            match permitted.into_write() {
                Write::CoordinateUpdate(update) => updates.extend(update.updates),
                other => together.push(Permitted::internal(other)),
            }
        }
        updates.retain(|update| self.catalog.is_news(update));
        let batches = updates.chunks(BATCH).map(|batch| Write::CoordinateUpdate(Update { updates: batch.to_vec() }));
        together.extend(batches.map(Permitted::internal));
        together
    }

    /// Where a node is, in the segment that everyone is in.
    #[must_use]
    pub fn coordinate(&self, node: &str) -> Option<&Coordinate> {
        self.catalog.host(node)?.coordinate()
    }
}

impl Host {
    /// Where it is, in the segment that everyone is in.
    pub(crate) fn coordinate(&self) -> Option<&Coordinate> {
        self.coordinates.get("").map(|coordinate| &**coordinate)
    }
}

impl Permitted {
    /// What is answered to a write that the leader may keep back for a while, to put it into the log with others of its kind; `None`
    /// for one whose answer says what came of it.
    #[must_use]
    pub fn reply_at_once(&self) -> Option<Reply> {
        matches!(self.write(), Write::CoordinateUpdate(_)).then_some(Reply::CoordinateUpdate(Noted {}))
    }
}

impl Catalog {
    /// Whether an update changes anything: not if its node is gone meanwhile or was never there, nor beyond the bounds.
    fn is_news(&self, Located { node, segment, coord }: &Located) -> bool {
        let Some(host) = self.host(node) else { return false };
        coord.is_compatible()
            && match host.coordinates.get(&**segment) {
                Some(known) => **known != *coord,
                None => host.coordinates.len() < SEGMENTS && segment.len() <= LONGEST_SEGMENT,
            }
    }
}
