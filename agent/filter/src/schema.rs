//! What can be selected in each listed object, and of which kind it is.
//!
//! Selector names equal the names in the rendered JSON. Tables name the fields of Consul 1.8.7, checked
//! one by one against it, and then those of later versions that the API may render.

mod catalog_service;
mod check;
mod check_service_node;
mod intention;
mod member;
mod node;
mod node_info;
mod proxy;
mod service;
mod services;

pub use catalog_service::CATALOG_SERVICE;
pub use check::AGENT_CHECK;
pub use check::HEALTH_CHECK;
pub use check_service_node::CHECK_SERVICE_NODE;
pub use intention::INTENTION;
pub use member::AGENT_MEMBER;
pub use node::NODE;
pub use node_info::NODE_INFO;
pub use service::AGENT_SERVICE;
pub use service::NODE_SERVICE;
pub use service::NODE_SERVICES;
pub use services::SERVICES;

/// The fields of one object: selector part, which is also the JSON key, and kind.
pub type Fields = &'static [(&'static str, Kind)];

/// The selectable fields of a listed item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The item's own fields.
    pub fields: Fields,
}

/// The kind of a field; it decides which operators apply and how values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `==`, `!=`, `matches`, and `in` for substrings.
    String,
    /// `==`, `!=`; values are 64-bit, in Go's notation for integers.
    Int,
    /// `==`, `!=`; values are 64-bit and unsigned.
    Uint,
    /// `==`, `!=`.
    Float,
    /// `==`, `!=`; values are `true`, `T`, `1`, `false` and so on.
    Bool,
    /// `is empty`; of scalars also `in`. A selector that goes on into a list of structs holds if it
    /// holds for any element.
    List(&'static Self),
    /// `is empty`, and `in` for keys. A selector goes on with a key.
    Map(&'static Self),
    /// No operator; a selector goes on with a field.
    Struct(Fields),
}

impl Kind {
    /// Whether this is one of the kinds without parts.
    pub(crate) fn is_scalar(self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_) | Self::Struct(_))
    }
}

/// Finds a field by its selector part.
pub(crate) fn field(fields: Fields, name: &str) -> Option<(&'static str, Kind)> {
    fields.iter().find(|(known, _)| *known == name).copied()
}

/// A map of strings, the shape of every `Meta`.
const STRING_MAP: Kind = Kind::Map(&Kind::String);
/// A list of strings, the shape of every `Tags`.
const STRING_LIST: Kind = Kind::List(&Kind::String);
/// `Locality`, since 1.16.
const LOCALITY: Kind = Kind::Struct(&[("Region", Kind::String), ("Zone", Kind::String)]);
