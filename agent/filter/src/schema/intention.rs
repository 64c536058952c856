//! `Intention`: items of `/v1/connect/intentions`.

use super::Kind::Int;
use super::Kind::String;
use super::STRING_MAP;
use super::Schema;

/// Items of `/v1/connect/intentions`. `DefaultAddr` and `DefaultPort` are never rendered; 1.8.7 accepts
/// them all the same.
pub const INTENTION: Schema = Schema {
    fields: &[
        ("ID", String),
        ("Description", String),
        ("SourceNS", String),
        ("SourceName", String),
        ("DestinationNS", String),
        ("DestinationName", String),
        ("SourceType", String),
        ("Action", String),
        ("DefaultAddr", String),
        ("DefaultPort", Int),
        ("Precedence", Int),
        ("Meta", STRING_MAP),
        // Later than 1.8.7.
        ("SourcePeer", String),
    ],
};
