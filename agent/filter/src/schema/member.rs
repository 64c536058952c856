//! `AgentMember`: items of `/v1/agent/members`, filterable since 1.13.

use super::Kind::Int;
use super::Kind::String;
use super::Kind::Uint;
use super::STRING_MAP;
use super::Schema;

/// Items of `/v1/agent/members`. `Addr` is text here, as rendered, so that it can be compared.
pub const AGENT_MEMBER: Schema = Schema {
    fields: &[
        ("Name", String),
        ("Addr", String),
        ("Port", Uint),
        ("Tags", STRING_MAP),
        ("Status", Int),
        ("ProtocolMin", Uint),
        ("ProtocolMax", Uint),
        ("ProtocolCur", Uint),
        ("DelegateMin", Uint),
        ("DelegateMax", Uint),
        ("DelegateCur", Uint),
    ],
};
