//! Provisional.
use super::render::to_json;
use super::routes::Route;
use crate::health::*;
use bytes::Bytes;
pub(crate) const ROUTES: &[Route] = &[];
pub(crate) fn checks_json(r: &Checks) -> Bytes {
    to_json(r)
}
pub(crate) fn instances_json(r: &Instances) -> Bytes {
    to_json(r)
}
