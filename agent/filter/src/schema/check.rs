//! `HealthCheck`: items of `/v1/health/node`, `/checks`, `/state` and of `/v1/agent/checks`.

use super::Fields;
use super::Kind::Int;
use super::Kind::String;
use super::STRING_LIST;
use super::Schema;

/// Items of `/v1/health/node/:n`, `/v1/health/checks/:s` and `/v1/health/state/:s`.
pub const HEALTH_CHECK: Schema = Schema { fields: FIELDS };

/// Values of `/v1/agent/checks`; the same fields as [`HEALTH_CHECK`].
pub const AGENT_CHECK: Schema = HEALTH_CHECK;

/// `Definition` is not selectable in any version.
pub(super) const FIELDS: Fields = &[
    ("Node", String),
    ("CheckID", String),
    ("Name", String),
    ("Status", String),
    ("Notes", String),
    ("Output", String),
    ("ServiceID", String),
    ("ServiceName", String),
    ("ServiceTags", STRING_LIST),
    ("Type", String),
    // Later than 1.8.7.
    ("Interval", String),
    ("Timeout", String),
    ("ExposedPort", Int),
    ("PeerName", String),
];
