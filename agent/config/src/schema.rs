//! The table of known keys: name, type and what becomes of the value.

mod check;
mod gateway;
mod service;
mod stanzas;
mod telemetry;
mod tls;
mod top;
mod watch;

pub(crate) use gateway::GATEWAY;
pub(crate) use top::AGENT;

/// A key that is known.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) standing: Standing,
    /// Whether a running process takes a new value, of this key and of those in it, when it reads its configuration anew.
    pub(crate) live: bool,
}

/// The type of a key's value.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Bool,
    Int,
    Float,
    Text,
    /// A string that is a Go duration.
    Duration,
    /// A list of strings.
    Texts,
    /// Any names, each with a string.
    Map,
    /// An object of known keys.
    Table(&'static [Field]),
    /// One or many objects of known keys, which may be spelled in CamelCase.
    Definitions(&'static [Field]),
    /// Not looked into.
    Any,
}

/// What becomes of a key's value.
#[derive(Clone, Copy)]
pub(crate) enum Standing {
    /// A `resolve` reads it.
    Used,
    /// Accepted with a warning; no subsystem acts on it yet.
    Idle,
    /// Accepted with Consul's warning about its Enterprise edition.
    Enterprise,
    /// Still read, with a warning that names the successor.
    Deprecated(&'static str),
    /// Stored under the successor's key unless the same text sets that too; with a warning.
    Moved(&'static str),
}

impl Field {
    const fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, standing: Standing::Used, live: false }
    }

    const fn live(self) -> Self {
        Self { live: true, ..self }
    }

    const fn idle(self) -> Self {
        self.with(Standing::Idle)
    }

    const fn enterprise(self) -> Self {
        self.with(Standing::Enterprise)
    }

    const fn deprecated(self, successor: &'static str) -> Self {
        self.with(Standing::Deprecated(successor))
    }

    const fn moved(self, successor: &'static str) -> Self {
        self.with(Standing::Moved(successor))
    }

    const fn with(self, standing: Standing) -> Self {
        Self { standing, ..self }
    }
}

/// Whether nothing acts on `key`, dotted, of a table with these fields.
pub(crate) fn is_idle(fields: &[Field], key: &str) -> bool {
    let (name, rest) = key.split_once('.').map_or((key, None), |(name, rest)| (name, Some(rest)));
    let Some(field) = fields.iter().find(|field| field.name == name) else { return false };
    match (field.standing, field.shape, rest) {
        (Standing::Idle | Standing::Enterprise, ..) => true,
        (_, Shape::Table(fields), Some(rest)) => is_idle(fields, rest),
        _ => false,
    }
}

/// Whether a running process takes a new value of `key`, dotted, of a table with these fields.
pub(crate) fn is_live(fields: &[Field], key: &str) -> bool {
    let (name, rest) = key.split_once('.').map_or((key, None), |(name, rest)| (name, Some(rest)));
    let Some(field) = fields.iter().find(|field| field.name == name) else { return false };
    field.live
        || match (field.shape, rest) {
            (Shape::Table(fields), Some(rest)) => is_live(fields, rest),
            _ => false,
        }
}

const fn truth(name: &'static str) -> Field {
    Field::new(name, Shape::Bool)
}

const fn int(name: &'static str) -> Field {
    Field::new(name, Shape::Int)
}

const fn float(name: &'static str) -> Field {
    Field::new(name, Shape::Float)
}

const fn text(name: &'static str) -> Field {
    Field::new(name, Shape::Text)
}

const fn duration(name: &'static str) -> Field {
    Field::new(name, Shape::Duration)
}

const fn texts(name: &'static str) -> Field {
    Field::new(name, Shape::Texts)
}

const fn map(name: &'static str) -> Field {
    Field::new(name, Shape::Map)
}

const fn table(name: &'static str, fields: &'static [Field]) -> Field {
    Field::new(name, Shape::Table(fields))
}

const fn definitions(name: &'static str, fields: &'static [Field]) -> Field {
    Field::new(name, Shape::Definitions(fields))
}

const fn any(name: &'static str) -> Field {
    Field::new(name, Shape::Any)
}
