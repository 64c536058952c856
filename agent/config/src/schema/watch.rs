//! Watch definitions.

use super::{Field, any, table, text, texts, truth};

pub(super) const WATCH: &[Field] = &[
    text("type"),
    text("key"),
    text("prefix"),
    text("service"),
    any("tag"),
    truth("passingonly"),
    text("state"),
    text("name"),
    text("filter"),
    text("id"),
    text("service_id"),
    text("datacenter"),
    text("token"),
    truth("stale"),
    text("handler"),
    texts("args"),
    text("handler_type"),
    table("http_handler_config", HTTP_HANDLER),
];

const HTTP_HANDLER: &[Field] = &[text("path"), text("method"), any("timeout"), any("header"), truth("tls_skip_verify")];
