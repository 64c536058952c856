//! Entries of `/v1/catalog/services`, filterable since 1.13.

use super::Kind::String;
use super::STRING_LIST;
use super::Schema;

/// Entries of `/v1/catalog/services`. The answer is a map from name to tags; the caller shows each entry
/// to the filter as `{"ServiceName": name, "ServiceTags": tags}`.
pub const SERVICES: Schema = Schema { fields: &[("ServiceName", String), ("ServiceTags", STRING_LIST)] };
