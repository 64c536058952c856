//! Service definitions.

use super::check::CHECK;
use super::{Field, any, definitions, int, map, table, text, texts, truth};

pub(super) const SERVICE: &[Field] = &[
    text("kind"),
    text("id"),
    text("name"),
    text("namespace"),
    text("partition"),
    texts("tags"),
    text("address"),
    any("tagged_addresses"),
    map("meta"),
    int("port"),
    any("ports"),
    text("socket_path"),
    definitions("check", CHECK),
    definitions("checks", CHECK),
    text("token"),
    table("weights", &[int("passing"), int("warning")]),
    truth("enable_tag_override"),
    table("locality", super::stanzas::LOCALITY),
    table("connect", CONNECT),
    table("proxy", PROXY),
];

/// `sidecar_service` takes the keys of a service again; a table cannot contain itself, so its
/// depth is left to the reader of definitions.
const CONNECT: &[Field] = &[truth("native"), any("sidecar_service")];

const PROXY: &[Field] = &[
    text("destination_service_name"),
    text("destination_service_id"),
    text("local_service_address"),
    int("local_service_port"),
    text("local_service_socket_path"),
    text("mode"),
    table("transparent_proxy", &[int("outbound_listener_port"), truth("dialed_directly")]),
    any("config"),
    definitions("upstreams", UPSTREAM),
    table("mesh_gateway", &[text("mode")]),
    table("expose", EXPOSE),
    any("envoy_extensions"),
    any("access_logs"),
];

const UPSTREAM: &[Field] = &[
    text("destination_type"),
    text("destination_name"),
    text("destination_namespace"),
    text("destination_partition"),
    text("destination_peer"),
    text("datacenter"),
    text("local_bind_address"),
    int("local_bind_port"),
    text("local_bind_socket_path"),
    text("local_bind_socket_mode"),
    any("config"),
    table("mesh_gateway", &[text("mode")]),
];

const EXPOSE: &[Field] = &[truth("checks"), int("port"), definitions("paths", EXPOSE_PATH)];

const EXPOSE_PATH: &[Field] = &[text("path"), int("listener_port"), int("local_path_port"), text("protocol")];
