//! `CheckServiceNode`: items of `/v1/health/service|connect|ingress/:s`.

use super::Kind::List;
use super::Kind::Struct;
use super::Schema;
use super::check;
use super::node;
use super::service;

/// Items of `/v1/health/service/:s`, `/v1/health/connect/:s` and `/v1/health/ingress/:s`.
pub const CHECK_SERVICE_NODE: Schema =
    Schema { fields: &[("Node", Struct(node::FIELDS)), ("Service", Struct(service::FIELDS)), ("Checks", List(&Struct(check::FIELDS)))] };
