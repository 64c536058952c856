//! What a read waits on, and what a write wakes.

use std::sync::Arc;

/// What a blocking read waits on. Never one per instance: a service of a thousand instances is one topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// One key.
    Key(Arc<str>),
    /// All keys that begin with this.
    Prefix(Arc<str>),
    /// One service: its instances, their nodes, the checks of both. Lower case.
    Service(Arc<str>),
    /// How one service is reached over the mesh: its proxies and native instances, their nodes, the checks of both. Lower case.
    Mesh(Arc<str>),
    /// One node: itself, its services and checks. Lower case.
    Node(Arc<str>),
    /// A whole table.
    Table(Table),
}

/// A table that is waited on as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// All nodes.
    Nodes,
    /// Names of services and their tags.
    Services,
    /// All instances of services.
    Instances,
    /// All checks.
    Checks,
    /// The autopilot's configuration.
    Autopilot,
    /// The certificate authority.
    Ca,
    /// Where nodes are.
    Coordinates,
    /// Datacenters that were forgotten.
    Datacenters,
    /// Prepared queries.
    Queries,
}

/// What a write changed. A change of a key wakes those who wait on the key and on every prefix of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// This key.
    Key(Arc<str>),
    /// This topic, as it is.
    Topic(Topic),
    /// Everything: a snapshot or an archive took the state's place.
    Everything,
}

impl From<Table> for Touch {
    fn from(table: Table) -> Self {
        Self::Topic(Topic::Table(table))
    }
}

impl From<Topic> for Touch {
    fn from(topic: Topic) -> Self {
        Self::Topic(topic)
    }
}
